package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// faultsView is the data of the page of faults, with the latest requests of
// clients.
type faultsView struct {
	frame
	Active   []sentrytest.Fault
	Presets  []preset
	Kinds    []string
	Form     url.Values // the form as sent, if it has problems
	Problems []string
	Rows     []requestRow
}

// reactions is the number of requests on the page of faults.
const reactions = 30

func (p *Pages) faults(w http.ResponseWriter, _ *http.Request) {
	render(w, http.StatusOK, "faults", p.faultsView(url.Values{}, nil))
}

func (p *Pages) faultsView(form url.Values, problems []string) faultsView {
	found, _, _ := p.cfg.Store.Deliveries(nil, 0, reactions)
	return faultsView{
		frame: p.frame("Faults", "faults"), Active: p.cfg.Faults().Faults(), Presets: presets, Kinds: sentrytest.FaultKinds(),
		Form: form, Problems: problems, Rows: p.requestRows(found),
	}
}

// addFault adds a fault: a preset, or the one in the form.
func (p *Pages) addFault(w http.ResponseWriter, r *http.Request) {
	if !p.form(w, r) {
		return
	}
	var (
		f        sentrytest.Fault
		problems []string
	)
	if id := r.PostFormValue("preset"); id != "" {
		i := slices.IndexFunc(presets, func(b preset) bool { return b.ID == id })
		if i < 0 {
			p.fail(w, r, http.StatusNotFound, fmt.Sprintf("There is no fault %q to switch on.", id))
			return
		}
		f = presets[i].fault.Named(presets[i].Name)
	} else {
		problems = faultProblems(json.Unmarshal(faultText(r.PostForm), &f))
	}
	if len(problems) == 0 {
		p.switching.Lock()
		problems = faultProblems(p.cfg.Faults().SetFaults(append(p.cfg.Faults().Faults(), f)...))
		p.switching.Unlock()
	}
	if len(problems) > 0 {
		render(w, http.StatusUnprocessableEntity, "faults", p.faultsView(r.PostForm, problems))
		return
	}
	back(w, r, "/faults")
}

// faultText returns the fault in the form as JSON. Numeric fields are numbers.
func faultText(form url.Values) []byte {
	words := make(map[string]any)
	for name, values := range form {
		text := []byte(values[0])
		switch number := slices.Contains([]string{"status", "bytes", "times", "size_over", "probability"}, name); {
		case len(text) == 0:
		case number && json.Valid(text):
			words[name] = json.RawMessage(text)
		default:
			words[name] = values[0]
		}
	}
	// Strings and valid JSON can always be encoded.
	all, _ := json.Marshal(words)
	return all
}

// faultProblems lists the errors of a fault, one for each field.
func faultProblems(err error) []string {
	if err == nil {
		return nil
	}
	var bad *sentrytest.FaultError
	if !errors.As(err, &bad) {
		return []string{err.Error()}
	}
	var out []string
	for _, problem := range bad.Problems {
		out = append(out, problem.String())
	}
	return out
}

// removeFault switches one fault off. The counts of the others start again.
func (p *Pages) removeFault(w http.ResponseWriter, r *http.Request) {
	if !p.form(w, r) {
		return
	}
	p.switching.Lock()
	defer p.switching.Unlock()
	faults := p.cfg.Faults().Faults()
	i, err := strconv.Atoi(r.PostFormValue("index"))
	if err != nil || i < 0 || i >= len(faults) || faults[i].Name() != r.PostFormValue("name") {
		p.fail(w, r, http.StatusConflict, "The faults have changed, so none was switched off.")
		return
	}
	if problems := faultProblems(p.cfg.Faults().SetFaults(slices.Delete(faults, i, i+1)...)); problems != nil {
		p.fail(w, r, http.StatusInternalServerError, fmt.Sprint("The fault can't be switched off: ", problems))
		return
	}
	back(w, r, "/faults")
}

func (p *Pages) clearFaults(w http.ResponseWriter, r *http.Request) {
	p.cfg.Faults().ClearFaults()
	back(w, r, "/faults")
}
