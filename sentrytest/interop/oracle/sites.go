package main

import (
	"encoding/json"
	"slices"
	"strings"
)

// attributes lists the attributes that the oracle probes, by the path of their
// object. In a path [] is any entry of a list, and {} any value of an object.
// Relay keeps or drops attributes that it does not know; the probes tell which.
var attributes = []struct{ at, names string }{
	{"", `event_id timestamp start_timestamp received type platform level logger transaction transaction_info culprit server_name site
		release dist environment tags extra modules fingerprint time_spent errors logentry exception stacktrace threads breadcrumbs
		template user request contexts sdk debug_meta csp hpkp expectct expectstaple nel spans measurements breakdowns version project
		key_id ingest_path grouping_config scraping_attempts _metrics _meta repos query device applecrashreport metadata hashes
		checksum zz_unknown`},
	{"transaction_info", "source original changes propagations zz_unknown"},
	{"modules", "{}"},
	{"extra", "{}"},
	{"fingerprint", "[]"},
	{"tags", "{}"},
	{"errors", "[]"},
	{"errors.[]", "type name value zz_unknown"},
	{"logentry", "message formatted params zz_unknown"},
	{"exception", "values"},
	{"exception.values", "[]"},
	{"exception.values.[]", "type value module thread_id stacktrace raw_stacktrace mechanism zz_unknown"},
	{"exception.values.[].mechanism", `type description help_link source handled synthetic exception_id parent_id is_exception_group data
		meta zz_unknown`},
	{"exception.values.[].mechanism.meta", "signal mach_exception ns_error errno zz_unknown"},
	{"exception.values.[].mechanism.meta.signal", "number code name code_name"},
	{"exception.values.[].mechanism.meta.mach_exception", "exception code subcode name"},
	{"exception.values.[].mechanism.meta.ns_error", "code domain"},
	{"exception.values.[].mechanism.meta.errno", "number name"},
	{stacktrace, "frames registers lang snapshot instruction_addr_adjustment zz_unknown"},
	{stacktrace + ".registers", "{}"},
	{stacktrace + ".frames", "[]"},
	{stacktrace + ".frames.[]", `function raw_function symbol module package filename abs_path lineno colno pre_context context_line
		post_context in_app vars stack_start platform source_link lock instruction_addr symbol_addr image_addr function_id addr_mode data
		trust lang snapshot native parent_index sample_count zz_unknown`},
	{stacktrace + ".frames.[].pre_context", "[]"},
	{stacktrace + ".frames.[].post_context", "[]"},
	{stacktrace + ".frames.[].vars", "{}"},
	{stacktrace + ".frames.[].lock", "type address package_name class_name thread_id"},
	{"threads", "values"},
	{"threads.values", "[]"},
	{"threads.values.[]", "id name crashed current main state held_locks stacktrace raw_stacktrace zz_unknown"},
	{"threads.values.[].held_locks", "{}"},
	{"breadcrumbs", "values"},
	{"breadcrumbs.values", "[]"},
	{"breadcrumbs.values.[]", "timestamp type category message level data event_id origin zz_unknown"},
	{"breadcrumbs.values.[].data", "{}"},
	{"template", "filename abs_path lineno colno pre_context context_line post_context zz_unknown"},
	{"user", "id email ip_address username name geo segment data sentry_user zz_unknown"},
	{"user.geo", "country_code city subdivision region zz_unknown"},
	{"request", "url method protocol data query_string fragment cookies headers env body_size api_target inferred_content_type zz_unknown"},
	{"request.env", "{}"},
	{"sdk", "name version integrations features packages settings zz_unknown"},
	{"sdk.integrations", "[]"},
	{"sdk.features", "[]"},
	{"sdk.packages", "[]"},
	{"sdk.packages.[]", "name version zz_unknown"},
	{"debug_meta", "sdk_info images zz_unknown"},
	{"debug_meta.images", "[]"},
	{"debug_meta.images.[]", `type code_id code_file debug_id debug_file debug_checksum image_addr image_size image_vmaddr arch zz_unknown`},
	{"debug_meta.sdk_info", "sdk_name version_major version_minor version_patchlevel"},
	{"contexts", "{} zz_unknown"},
	{"contexts.os", "name version build kernel_version rooted raw_description theme distribution zz_unknown"},
	{"contexts.os.distribution", "name version pretty_name"},
	{"contexts.client_os", "name version build kernel_version rooted raw_description"},
	{"contexts.runtime", "name version build raw_description zz_unknown"},
	{"contexts.device", `name family model model_id arch battery_level battery_status battery_temperature orientation manufacturer brand
		screen_resolution screen_height_pixels screen_width_pixels screen_density screen_dpi online charging low_memory simulator
		memory_size free_memory usable_memory storage_size free_storage external_storage_size external_free_storage boot_time timezone
		locale language processor_count cpu_description processor_frequency device_type device_unique_identifier uuid
		supports_accelerometer supports_audio supports_gyroscope supports_location_service supports_vibration class connection_type
		num_cpu zz_unknown`},
	{"contexts.app", `app_start_time device_app_hash build_type app_identifier app_name app_version app_build app_memory in_foreground
		permissions view_names view_names.[] start_type is_split_apks split_names free_memory zz_unknown`},
	{"contexts.browser", "name version zz_unknown"},
	{"contexts.gpu", `name version id vendor_id vendor_name memory_size api_type multi_threaded_rendering npot_support max_texture_size
		graphics_shader_level supports_draw_call_instancing supports_ray_tracing supports_compute_shaders supports_geometry_shaders
		zz_unknown`},
	{"contexts.trace", `trace_id span_id parent_span_id op status origin description tags data exclusive_time client_sample_rate sampled
		dynamic_sampling_context hash links zz_unknown`},
	{"contexts.profile", "profile_id profiler_id zz_unknown"},
	{"contexts.replay", "replay_id zz_unknown"},
	{"contexts.response", "status_code headers cookies data body_size inferred_content_type zz_unknown"},
	{"contexts.culture", "calendar display_name locale is_24_hour_format timezone zz_unknown"},
	{"contexts.cloud_resource", "cloud.provider cloud.account.id cloud.region host.id host.type zz_unknown"},
	{"contexts.state", "state zz_unknown"},
	{"contexts.otel", "attributes resource zz_unknown"},
	{"contexts.feedback", "message contact_email name url source replay_id associated_event_id zz_unknown"},
	{"contexts.monitor", "id slug config zz_unknown"},
	{"contexts.nel", "server_ip elapsed_time error_type phase sampling_fraction zz_unknown"},
	{"contexts.performance_score", "score_profile_version zz_unknown"},
	{"contexts.flags", "values zz_unknown"},
	{"contexts.flags.values", "[]"},
	{"contexts.flags.values.[]", "flag result zz_unknown"},
	{"contexts.spring", "active_profiles active_profiles.[] zz_unknown"},
	{"contexts.unity", "install_mode copy_texture_support zz_unknown"},
	{"contexts.unknown_kind", "zz_unknown"},
	{"contexts.reprocessing", "zz_unknown"},
	{"measurements", "{}"},
	{"measurements.{}", "value unit"},
	{"spans", "[]"},
	{"spans.[]", `span_id trace_id parent_span_id op description status origin start_timestamp timestamp tags data exclusive_time
		is_segment is_remote segment_id kind profile_id received sentry_tags measurements platform was_transaction links
		same_process_as_parent hash zz_unknown`},
}

const stacktrace = "exception.values.[].stacktrace"

// sites returns the paths of all attributes.
func sites() []string {
	var all []string
	for _, group := range attributes {
		for _, name := range strings.Fields(group.names) {
			path := name
			if group.at != "" {
				path = group.at + "." + name
			}
			all = append(all, path)
		}
	}
	return all
}

const (
	traceID = `"4c79f60c11214eb38604f4ae0781bfb2"`
	spanID  = `"00f067aa0ba902b7"`
)

// companions are the attributes that an object needs, so that a probe of
// another attribute shows nothing else.
var companions = map[string]string{
	"exception.values.[]":                `{"type":"a","value":"b"}`,
	stacktrace:                           `{"frames":[{"function":"f"}]}`,
	stacktrace + ".frames.[]":            `{"function":"f"}`,
	stacktrace + ".frames.[].lock":       `{"type":1}`,
	"exception.values.[].mechanism":      `{"type":"generic"}`,
	"debug_meta.images.[]":               `{"type":"elf","code_file":"a","debug_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`,
	"logentry":                           `{"formatted":"m"}`,
	"errors.[]":                          `{"type":"unknown_error"}`,
	"sdk":                                `{"name":"a","version":"1"}`,
	"contexts.trace":                     `{"trace_id":` + traceID + `,"span_id":` + spanID + `}`,
	"threads.values.[]":                  `{"id":1}`,
	"measurements.{}":                    `{"value":1}`,
	"contexts.flags.values.[]":           `{"flag":"a","result":true}`,
	"sdk.packages.[]":                    `{"name":"a","version":"1"}`,
	"exception.values.[].mechanism.meta": `{}`,
	"contexts.cloud_resource":            `{}`,
	"spans.[]":                           `{"trace_id":` + traceID + `,"span_id":` + spanID + `,"start_timestamp":%START,"timestamp":%END}`,
	"template":                           `{"filename":"a","lineno":1,"context_line":"x"}`,
}

// companion returns what the object at a path needs, "" if it needs nothing.
func companion(path string) string {
	return strings.NewReplacer("%START", seconds(-10), "%END", seconds(-5)).Replace(companions[path])
}

// keysWithDots are attributes whose name has dots.
var keysWithDots = []string{"cloud.provider", "cloud.account.id", "cloud.region", "host.id", "host.type"}

// split returns the steps of a path of sites.
func split(path string) []string {
	for _, key := range keysWithDots {
		if before, ok := strings.CutSuffix(path, "."+key); ok {
			return append(strings.Split(before, "."), key)
		}
	}
	return strings.Split(path, ".")
}

// at returns an event that has the JSON value at a path, the companions, and
// else as little as possible. Spans need a transaction.
func at(path, value string) []byte {
	steps := split(path)
	var inner any = json.RawMessage(value)
	for i := len(steps) - 1; i >= 0; i-- {
		parent := strings.Join(steps[:i], ".")
		if steps[i] == "[]" {
			inner = []any{inner}
			continue
		}
		fields := map[string]any{}
		if with := companion(parent); with != "" {
			_ = json.Unmarshal([]byte(with), &fields) // they are JSON
		}
		key := steps[i]
		if key == "{}" {
			key = "k"
		}
		fields[key] = inner
		inner = fields
	}
	event := inner.(map[string]any)
	if slices.Contains([]string{"spans", "measurements", "start_timestamp"}, steps[0]) {
		asTransaction(event)
	}
	raw, err := json.Marshal(event)
	if err != nil {
		panic(path + ": " + err.Error()) // a mistake in a table of this package
	}
	return raw
}

// asTransaction adds what a transaction needs.
func asTransaction(event map[string]any) {
	event["type"] = "transaction"
	for key, value := range map[string]string{
		"start_timestamp": seconds(-20), "timestamp": seconds(-1), "contexts": `{"trace":` + companions["contexts.trace"] + `}`,
	} {
		if _, has := event[key]; !has {
			event[key] = json.RawMessage(value)
		}
	}
}
