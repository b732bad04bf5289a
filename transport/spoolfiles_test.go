package transport_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// onDisk returns the ids of the packets in a directory, with "held " before
// those that a process holds.
func onDisk(t *testing.T, dir string) (ids []string) {
	t.Helper()
	err := transport.ReadSpool(dir, func(p transport.SpooledPacket) bool {
		held := ""
		if p.Held {
			held = "held "
		}
		ids = append(ids, held+p.EventID)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func dropAll(ids ...string) func(transport.SpooledPacket) bool {
	return func(p transport.SpooledPacket) bool {
		for _, id := range ids {
			if p.EventID == id {
				return true
			}
		}
		return len(ids) == 0
	}
}

// everything returns the names of all files and directories.
func everything(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// abandon leaves packets in the spool, as a process that ended during an
// outage.
func (s *spool) abandon(ids ...string) {
	s.t.Helper()
	s.run(transport.ThreadedConfig{}, always(refusedConnection), func(_ *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
		mailAll(tr, o, ids...)
		synctest.Wait()                    // for the first attempt
		_ = tr.Close(context.Background()) // it reports what stays
	})
}

func TestReadSpool(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		start := time.Now()
		s.abandon("a", "b")
		before := everything(t, s.dir)
		var found []transport.SpooledPacket
		g.Expect(transport.ReadSpool(s.dir, func(p transport.SpooledPacket) bool {
			found = append(found, p)
			return true
		})).To(Succeed())
		dsn, err := transport.ParseDSN(spoolDSN)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(found).To(HaveLen(2))
		g.Expect(found[0]).To(Equal(transport.SpooledPacket{
			EventID: "a", Position: found[0].Position, Accepted: found[0].Accepted, Attempts: found[0].Attempts,
			ContentType: "application/x-sentry-envelope", Endpoint: "envelope/", Body: mail("a").Body,
			Dir: transport.SpoolDir(s.dir, dsn),
		}))
		event, ok := found[0].Event()
		g.Expect(ok).To(BeTrue())
		g.Expect(event).To(MatchJSON(`{"message":"a"}`))
		g.Expect(found[0].Accepted.Equal(start)).To(BeTrue())
		g.Expect(found[0].Attempts).To(BeNumerically(">", 0))
		g.Expect(found[0].Position).NotTo(Equal(found[1].Position))
		g.Expect(everything(t, s.dir)).To(Equal(before))

		g.Expect(onDisk(t, found[0].Dir)).To(Equal([]string{"a", "b"}), "the directory of a DSN")
		n := 0
		g.Expect(transport.ReadSpool(s.dir, func(transport.SpooledPacket) bool { n++; return false })).To(Succeed())
		g.Expect(n).To(Equal(1))
	})
}

func TestReadSpoolWhileAProcessUsesIt(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		s.run(transport.ThreadedConfig{}, always(refusedConnection), func(g *WithT, tr *transport.Threaded, _ *faraway, o *outcomes) {
			mailAll(tr, o, "a", "b")
			g.Expect(onDisk(t, s.dir)).To(Equal([]string{"held a", "held b"}))
			dropped, held, err := transport.DropSpool(s.dir, dropAll("b"))
			g.Expect([]any{dropped, held, err}).To(Equal([]any{0, 1, nil}))
		})
		NewWithT(t).Expect(onDisk(t, s.dir)).To(Equal([]string{"a", "b"}))
	})
}

func TestDropSpool(t *testing.T) {
	s := newSpool(t)
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s.abandon("a", "b", "c")
		dropped, held, err := transport.DropSpool(s.dir, dropAll("b", "x"))
		g.Expect([]any{dropped, held, err}).To(Equal([]any{1, 0, nil}))
		g.Expect(onDisk(t, s.dir)).To(Equal([]string{"a", "c"}))
		dropped, _, err = transport.DropSpool(s.dir, dropAll("a"))
		g.Expect([]any{dropped, err}).To(Equal([]any{1, nil}))

		s.run(transport.ThreadedConfig{}, taken, func(g *WithT, tr *transport.Threaded, f *faraway, _ *outcomes) {
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(f.ids()).To(Equal("c"), "nobody delivers what was dropped")
		})
		s.abandon("d", "e")
		dropped, _, err = transport.DropSpool(s.dir, dropAll())
		g.Expect([]any{dropped, err}).To(Equal([]any{2, nil}))
		g.Expect(s.files()).To(BeEmpty())
	})
}

func TestSpoolsThatCannotBeRead(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	nothing := func(transport.SpooledPacket) bool { return true }
	g.Expect(transport.ReadSpool(dir, nothing)).To(Succeed(), "an empty directory")
	g.Expect(transport.ReadSpool(filepath.Join(dir, "nowhere"), nothing)).To(MatchError(fs.ErrNotExist))
	_, _, err := transport.DropSpool(filepath.Join(dir, "nowhere"), nothing)
	g.Expect(err).To(And(MatchError(fs.ErrNotExist), MatchError(HavePrefix("transport: cannot use the spool: "))))
	g.Expect(everything(t, dir)).To(HaveLen(1), "nothing is made")

	g.Expect(os.MkdirAll(filepath.Join(dir, "a", "lane-0001", "0000000000001.seg"), 0o700)).To(Succeed())
	g.Expect(transport.ReadSpool(dir, nothing)).To(Succeed(), "a directory is no segment")
}

func TestCheckSpool(t *testing.T) {
	g := NewWithT(t)
	dsn, err := transport.ParseDSN(spoolDSN)
	g.Expect(err).NotTo(HaveOccurred())
	root := t.TempDir()
	dir := filepath.Join(root, "not", "yet")
	check, err := transport.CheckSpool(dir, dsn)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(check).To(Equal(transport.SpoolCheck{Dir: transport.SpoolDir(dir, dsn)}))
	g.Expect(everything(t, root)).To(HaveLen(1), "nothing is made")

	corrupt := filepath.Join(check.Dir, "corrupt")
	g.Expect(os.MkdirAll(corrupt, 0o700)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(corrupt, "copy"), []byte("12345"), 0o600)).To(Succeed())
	before := everything(t, root)
	check, err = transport.CheckSpool(dir, dsn)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(check).To(And(HaveField("Damaged", 1), HaveField("DamagedBytes", int64(5))))
	g.Expect(everything(t, root)).To(Equal(before))

	file := filepath.Join(root, "file")
	g.Expect(os.WriteFile(file, nil, 0o600)).To(Succeed())
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		_, err = transport.CheckSpool(dir, dsn)
		var option *transport.OptionError
		g.Expect(errors.As(err, &option)).To(BeTrue())
		g.Expect(option.Option).To(Equal("spool_dir"))
		g.Expect(err.Error()).To(ContainSubstring("not a directory"))
	}
}

func TestCheckSpoolInADirectoryOfOthers(t *testing.T) {
	if os.Getuid() <= 0 {
		t.Skip("the user may write everywhere, or the system has no modes")
	}
	g := NewWithT(t)
	dsn, err := transport.ParseDSN(spoolDSN)
	g.Expect(err).NotTo(HaveOccurred())
	root := t.TempDir()
	g.Expect(os.Chmod(root, 0o500)).To(Succeed())
	_, err = transport.CheckSpool(filepath.Join(root, "spool"), dsn)
	g.Expect(err).To(MatchError(fs.ErrPermission))
}
