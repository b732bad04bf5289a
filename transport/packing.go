package transport

// maxPacking is how many packets at the front of the queue stay as they are:
// they are about to be sent, and compressed for that.
const maxPacking = 2 * maxPace2

// pressed reports whether so much waits that a caller compresses its packet
// itself. It needs the lock.
func (d *dispatcher) pressed() bool {
	return d.packer != nil && d.bytes() > d.cfg.QueueBytes/4*3
}

// startPacking has what waits compressed if it takes much. It needs the lock.
func (d *dispatcher) startPacking() {
	if d.packer == nil || d.packing || d.bytes() <= d.cfg.QueueBytes/4 {
		return
	}
	if i := d.unpacked(); i >= 0 {
		d.packing = true
		d.crew.start(d.packQueue)
	}
}

// unpacked returns which of the fresh packets is to be compressed next; none is
// negative. It needs the lock.
func (d *dispatcher) unpacked() int {
	if d.fresh.len <= maxPacking {
		return -1
	}
	first := d.fresh.front().place
	d.packed = max(d.packed, first+maxPacking)
	for ; d.packed < first+uint64(d.fresh.len); d.packed++ {
		if i := int(d.packed - first); !d.fresh.at(i).packet.packed {
			return i
		}
	}
	return -1
}

// packQueue compresses what waits until it is little, or all is compressed. It
// leaves the packets that are older than the ones it has seen.
func (d *dispatcher) packQueue() {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.packing = false }()
	for d.bytes() > d.cfg.QueueBytes/4 {
		i := d.unpacked()
		if i < 0 {
			return
		}
		j := *d.fresh.at(i)
		d.mu.Unlock()
		p := d.packer.pack(j.packet)
		d.mu.Lock()
		if d.fresh.len > 0 {
			if i := int(j.place - d.fresh.front().place); i >= 0 && i < d.fresh.len {
				d.fresh.replace(i, p)
				d.wakeWaiter()
			}
		}
		d.packed = max(d.packed, j.place+1)
	}
}
