package session

// observer carries a launcher's reports about one session into the registry.
type observer struct {
	s *Service
	e *entry
}

func (o *observer) Step(name string, state StepState) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	if o.e.session.Alive() {
		o.s.setStep(o.e, name, state)
	}
}

func (o *observer) Placed(display, workspace string) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	if o.e.session.Alive() {
		o.e.session.Display, o.e.session.Workspace = display, workspace
		o.s.publish(o.e)
	}
}

func (o *observer) Waits(text string) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	if o.e.session.Alive() && o.e.session.Waits != text {
		o.e.session.Waits = text
		o.s.publish(o.e)
	}
}

func (o *observer) Notice(code, text string) {
	o.s.mu.Lock()
	silent := o.e.ending
	roomName := o.e.session.Room
	o.s.mu.Unlock()
	if !silent {
		o.s.cfg.Notify(roomName, code, text)
	}
}

func (o *observer) Failed(reason error) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	if o.e.ending || !o.e.session.Alive() {
		return
	}
	for i, st := range o.e.session.Steps {
		if st.State == Active {
			o.e.session.Steps[i].State = StepFailed
		}
	}
	o.s.cfg.Log.Warn("session failed", "session", o.e.session.ID, "reason", reason)
	o.s.finish(o.e, Failed, reason.Error())
}
