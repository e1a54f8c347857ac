package api

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/easel-live/easel/account"
)

// usageView is what an account used in a month.
type usageView struct {
	Month string       `json:"month"`
	Plan  account.Plan `json:"plan"`
	// Running is how many sessions are alive now.
	Running int       `json:"running"`
	Seconds int64     `json:"seconds"`
	Days    []dayView `json:"days"`
	// People are who used it, by when they first did: of a user's plan, the user.
	People []personUse `json:"people"`
}

// personUse is what one person used of a plan.
type personUse struct {
	Login   string `json:"login"` // empty when the account is gone
	Seconds int64  `json:"seconds"`
}

type dayView struct {
	Day     string `json:"day"`
	Seconds int64  `json:"seconds"`
}

// myUsage is what the caller used by their own plan.
func (a *API) myUsage(w http.ResponseWriter, r *http.Request, c call) error {
	return a.replyUsage(w, r, c.user.ID, a.cfg.Accountant.Plan(c.user))
}

// teamUsage is what everybody used by a team's plan.
func (a *API) teamUsage(w http.ResponseWriter, r *http.Request, c call) error {
	plan, ok := a.cfg.Accountant.Plans().Find(c.team.Plan)
	if !ok {
		return problemf(http.StatusNotFound, "the team has no plan: what is started in it counts for who starts it")
	}
	return a.replyUsage(w, r, c.team.ID, plan)
}

// replyUsage tells what counted for a payer's plan in a month.
func (a *API) replyUsage(w http.ResponseWriter, r *http.Request, payer string, plan account.Plan) error {
	month, err := a.month(r)
	if err != nil {
		return err
	}
	held, err := a.cfg.Accountant.Holds(r.Context(), payer, a.cfg.Now())
	if err != nil {
		return err
	}
	uses, err := a.cfg.Accountant.Uses(r.Context(), payer, month)
	if err != nil {
		return err
	}
	v := usageView{Month: month.Format(monthForm), Plan: plan, Running: held.Sessions, Days: []dayView{}, People: []personUse{}}
	var total time.Duration
	var lately account.Day
	var today time.Duration
	by := make(map[string]time.Duration)
	var people []string
	for _, u := range uses {
		if u.Day != lately {
			lately, today = u.Day, 0
			v.Days = append(v.Days, dayView{Day: u.Day.Time().Format(time.DateOnly)})
		}
		today += u.Long
		total += u.Long
		if _, met := by[u.Login]; !met {
			people = append(people, u.Login)
		}
		by[u.Login] += u.Long
		v.Days[len(v.Days)-1].Seconds = seconds(today)
	}
	for _, login := range people {
		v.People = append(v.People, personUse{login, seconds(by[login])})
	}
	v.Seconds = seconds(total)
	return a.reply(w, r, http.StatusOK, v)
}

const monthForm = "2006-01"

// month is the one a request asks for, the present one if it does not say.
func (a *API) month(r *http.Request) (time.Time, error) {
	word := r.URL.Query().Get("month")
	if word == "" {
		return a.cfg.Now().UTC(), nil
	}
	month, err := time.Parse(monthForm, word)
	if err != nil || month.Year() < 2000 {
		return month, problemf(http.StatusUnprocessableEntity, "month must be a year and a month, such as 2026-01")
	}
	return month, nil
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// pastView is a session that is over.
type pastView struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	Seconds   int64     `json:"seconds"`
}

// past are the caller's sessions that are over and can be started again.
func (a *API) past(w http.ResponseWriter, r *http.Request, c call) error {
	before, limit, err := numberedPage(r)
	if err != nil {
		return err
	}
	runs, err := a.cfg.Accountant.Past(r.Context(), c.user.ID, before, limit+1)
	if err != nil {
		return err
	}
	runs, next := cut(runs, limit, func(r account.Run) string { return strconv.FormatInt(r.ID, 10) })
	views := make([]pastView, len(runs))
	for i, run := range runs {
		views[i] = pastView{run.Session, run.Name, run.Created, run.Ended, seconds(run.Used)}
	}
	return a.reply(w, r, http.StatusOK, map[string]any{"sessions": views, "next": next})
}

func (a *API) listPlans(w http.ResponseWriter, r *http.Request, _ call) error {
	return a.reply(w, r, http.StatusOK, a.cfg.Accountant.Plans())
}

// useView is a row of what is billed.
type useView struct {
	Day     string `json:"day"`
	Run     int64  `json:"run"`
	Session string `json:"session"`
	Name    string `json:"name"`
	User    string `json:"user"`
	Login   string `json:"login"`
	Payer   string `json:"payer"` // the user, or the team whose plan it counts for
	Plan    string `json:"plan"`
	Seconds int64  `json:"seconds"`
}

// usage is what everybody used in a month, by day and run, for billing: as JSON,
// or as CSV with ?format=csv.
func (a *API) usage(w http.ResponseWriter, r *http.Request, _ call) error {
	month, err := a.month(r)
	if err != nil {
		return err
	}
	format := r.URL.Query().Get("format")
	if format != "" && format != "json" && format != "csv" {
		return problemf(http.StatusUnprocessableEntity, "format must be json or csv")
	}
	uses, err := a.cfg.Accountant.Uses(r.Context(), "", month)
	if err != nil {
		return err
	}
	views := make([]useView, len(uses))
	for i, u := range uses {
		views[i] = useView{u.Day.Time().Format(time.DateOnly), u.Run, u.Session, u.Name, u.User, u.Login, u.Payer, u.Plan, seconds(u.Long)}
	}
	if format != "csv" {
		return a.reply(w, r, http.StatusOK, map[string]any{"month": month.Format(monthForm), "uses": views})
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="easel-usage-`+month.Format(monthForm)+`.csv"`)
	out := csv.NewWriter(w)
	// What the client no longer takes is nobody's loss.
	_ = out.Write([]string{"day", "run", "session", "name", "user", "login", "payer", "plan", "seconds"})
	for _, v := range views {
		_ = out.Write([]string{
			v.Day, strconv.FormatInt(v.Run, 10), v.Session, cell(v.Name), v.User, cell(v.Login), v.Payer, v.Plan, strconv.FormatInt(v.Seconds, 10),
		})
	}
	out.Flush()
	return nil
}

// cell keeps spreadsheets from taking text that somebody chose for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
