package transport

// Protocol is what packets are written in. It is chosen by the DSN's option
// protocol, which every transport has and which concerns the client alone.
type Protocol string

const (
	// ProtocolEnvelope is one envelope a packet, for the envelope endpoint
	// (protocol 4). Servers of today take it.
	ProtocolEnvelope Protocol = "envelope"
	// ProtocolStore is one JSON event a packet, for the store endpoint, as the
	// reference client writes it (protocol 6.1).
	ProtocolStore Protocol = "store"
)

// protocolConfig binds the option that the client, not the transport, obeys.
type protocolConfig struct{ protocol string }

func (c *protocolConfig) BindOptions(o *OptionSet) {
	o.OneOf("protocol", &c.protocol, "what events are written in: an envelope each, or the reference's JSON for the store endpoint",
		string(ProtocolEnvelope), string(ProtocolStore))
}

var protocolOption = OptionSpecs(new(protocolConfig))[0]

// ClientOptions lists the options that every DSN may have and no driver sees:
// they concern the client.
func ClientOptions() []OptionSpec { return []OptionSpec{protocolOption} }

// Protocol returns the protocol that the DSN's option of that name asks for,
// [ProtocolEnvelope] without one. The error is an *[OptionError].
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

// withoutClientOptions returns the DSN as drivers see it.
func (d *DSN) withoutClientOptions() *DSN {
	d = d.Clone()
	d.Options.Del(protocolOption.Name)
	return d
}
