package seglog_test

func child(string, string) {}
