package transport

// Protocol is the format of packets. The DSN's option protocol sets it. Every
// transport accepts the option, and only the client uses it.
type Protocol string

const (
	// ProtocolEnvelope sends one envelope per packet to the envelope endpoint.
	// Current servers accept it.
	ProtocolEnvelope Protocol = "envelope"
	// ProtocolStore sends one JSON event per packet to the store endpoint, as
	// Raven for Python does.
	ProtocolStore Protocol = "store"
)

// protocolConfig binds the option protocol, which only the client uses.
type protocolConfig struct{ protocol string }

func (c *protocolConfig) BindOptions(o *OptionSet) {
	o.OneOf("protocol", &c.protocol, "the format of events: an envelope each, or Raven for Python's JSON for the store endpoint",
		string(ProtocolEnvelope), string(ProtocolStore))
}

var protocolOption = OptionSpecs(new(protocolConfig))[0]

// ClientOptions lists the options of a DSN that are for the client. Drivers do
// not see them.
func ClientOptions() []OptionSpec { return []OptionSpec{protocolOption} }

// Protocol returns the value of the DSN's option protocol, [ProtocolEnvelope]
// by default. The error is an *[OptionError].
func (d *DSN) Protocol() (Protocol, error) {
	value := d.Option(protocolOption.Name)
	if value == "" {
		return ProtocolEnvelope, nil
	}
	var cfg protocolConfig
	if err := DecodeOptions(map[string][]string{protocolOption.Name: {value}}, &cfg); err != nil {
		return "", err
	}
	return Protocol(cfg.protocol), nil
}

// withoutClientOptions returns the DSN for drivers.
func (d *DSN) withoutClientOptions() *DSN {
	d = d.Clone()
	d.Options.Del(protocolOption.Name)
	return d
}
