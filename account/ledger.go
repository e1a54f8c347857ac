package account

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Ledger keeps what is used.
type Ledger interface {
	// Reserve writes a run down, unless admit refuses it, told what its payer
	// holds; nobody else reserves for that payer meanwhile. A key that was used
	// since keys gives ErrRepeated with the run of then, or ErrKey.
	Reserve(ctx context.Context, r Run, keys time.Time, admit func(Holding) error) (Run, error)
	// Cancel takes a reservation back: nothing was started.
	Cancel(ctx context.Context, id int64) error
	// Beat notes that a session's latest run runs and, once it is ready, counts
	// by Advance; it returns what its payer used this month. ErrNoRun if there
	// is no run of it.
	Beat(ctx context.Context, session string, ready bool, now time.Time) (Run, time.Duration, error)
	// Finish counts and ends a session's runs; failure is why it never was ready.
	Finish(ctx context.Context, session, failure string, now time.Time) error
	// Launches are the runs that began since, latest first.
	Launches(ctx context.Context, since time.Time, limit int) ([]Run, error)
	// FinishStale ends the runs with no sign of life since, as of then.
	FinishStale(ctx context.Context, since time.Time) (int, error)
	// Past are the latest runs of a user's sessions that are over and were
	// ready once, latest first, before the given ID if that is not zero.
	Past(ctx context.Context, user string, before int64, limit int) ([]Run, error)
	// Last is a session's latest run, or ErrNoRun.
	Last(ctx context.Context, session string) (Run, error)
	// Holds is what a payer holds.
	Holds(ctx context.Context, payer string, now time.Time) (Holding, error)
	// Uses are by day and run: of a payer, or of everybody without one.
	Uses(ctx context.Context, payer string, from, to Day) ([]Use, error)
}

// Accountant knows plans and keeps what is used within them.
type Accountant struct {
	ledger Ledger
	people People
	teams  TeamStore
	plans  Plans
}

// NewAccountant makes one.
func NewAccountant(store Store, plans Plans) *Accountant {
	return &Accountant{ledger: store, people: store, teams: store, plans: plans}
}

// Plans are the server's plans.
func (a *Accountant) Plans() Plans { return a.plans }

// Plan is the plan that an account has.
func (a *Accountant) Plan(u User) Plan { return a.plans.Of(u) }

// PlanFor is the plan that a session counts for: its owner's where it was never
// started by one, and no limits if nobody pays for it any more.
func (a *Accountant) PlanFor(ctx context.Context, session, owner string) (Plan, error) {
	r, err := a.Last(ctx, session)
	if errors.Is(err, ErrNoRun) {
		r, err = Run{User: owner, Payer: owner}, nil
	}
	if err != nil {
		return unlimited, err
	}
	return a.planOf(ctx, r)
}

// planOf is the plan of a run's payer as it is now.
func (a *Accountant) planOf(ctx context.Context, r Run) (Plan, error) {
	if r.Payer != r.User {
		team, err := a.teams.Team(ctx, r.Payer)
		if plan, ok := a.plans.Find(team.Plan); ok {
			return plan, err
		}
		return unlimited, ignore(err, ErrNoTeam)
	}
	u, err := a.people.User(ctx, r.User)
	if err != nil {
		return unlimited, ignore(err, ErrNoUser)
	}
	return a.plans.Of(u), nil
}

// ignore is an error, unless it is the one that means nothing here.
func ignore(err, but error) error {
	if errors.Is(err, but) {
		return nil
	}
	return err
}

// Start reserves a run for a user, if the plan that it counts for allows one
// more: the team's, if it is started in one that has a plan, else their own.
// ErrRepeated with the run of before if it was wished for with the same key.
// Errors wrap ErrSessions, ErrMinutes or ErrKey.
func (a *Accountant) Start(ctx context.Context, u User, in Team, r Run, now time.Time) (Run, Plan, error) {
	plan, payer := a.plans.Of(u), u.ID
	if common, ok := a.plans.Find(in.Plan); ok {
		plan, payer = common, in.ID
	}
	r.User, r.Payer, r.Plan, r.Created, r.Beat = u.ID, payer, plan.ID, now, now
	r, err := a.ledger.Reserve(ctx, r, now.Add(-KeepKeys), plan.Admit)
	return r, plan, err
}

// Cancel takes back the reservation of what did not start.
func (a *Accountant) Cancel(ctx context.Context, r Run) error {
	return a.ledger.Cancel(context.WithoutCancel(ctx), r.ID)
}

// Beat notes that a session runs and says how much time it has left by its
// owner's plan of now; false if there is no limit.
func (a *Accountant) Beat(ctx context.Context, session string, ready bool, now time.Time) (left time.Duration, limited bool, err error) {
	r, used, err := a.ledger.Beat(ctx, session, ready, now)
	if errors.Is(err, ErrNoRun) {
		return 0, false, nil // of before there were accounts
	}
	if err != nil {
		return 0, false, err
	}
	plan, err := a.planOf(ctx, r)
	if err != nil || plan.Minutes == 0 {
		return 0, false, err
	}
	return max(plan.Time()-used, 0), true, nil
}

// Finish counts and ends a session's runs; failure is why it never was ready.
func (a *Accountant) Finish(ctx context.Context, session, failure string, now time.Time) error {
	return a.ledger.Finish(ctx, session, legible(failure), now)
}

// FinishStale ends the runs of servers that are gone.
func (a *Accountant) FinishStale(ctx context.Context, now time.Time) (int, error) {
	return a.ledger.FinishStale(ctx, now.Add(-StaleAfter))
}

// Past are a user's sessions that are over, latest first.
func (a *Accountant) Past(ctx context.Context, user string, before int64, limit int) ([]Run, error) {
	return a.ledger.Past(ctx, user, before, limit)
}

// Last is a session's latest run, or ErrNoRun.
func (a *Accountant) Last(ctx context.Context, session string) (Run, error) {
	if !maybeID(session) {
		return Run{}, ErrNoRun
	}
	return a.ledger.Last(ctx, session)
}

// Holds is what a payer holds: a user or a team.
func (a *Accountant) Holds(ctx context.Context, payer string, now time.Time) (Holding, error) {
	return a.ledger.Holds(ctx, payer, now)
}

// Uses are a payer's, or everybody's, of a month.
func (a *Accountant) Uses(ctx context.Context, payer string, month time.Time) ([]Use, error) {
	from, to := Month(month)
	return a.ledger.Uses(ctx, payer, from, to)
}

// CheckPlan says whether an account may be given a plan: empty gives it none of
// its own.
func (a *Accountant) CheckPlan(id string) error {
	if _, ok := a.plans.Find(id); !ok && id != "" {
		return fmt.Errorf("%w: %q", ErrNoPlan, id)
	}
	return nil
}
