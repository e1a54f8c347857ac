package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/easel-live/easel/account"
	"github.com/easel-live/easel/internal/room"
)

// found is a team of ann's.
func found(t *testing.T, s *Store, id string, owner account.User) account.Team {
	t.Helper()
	team := account.Team{ID: id, Name: "The " + id, Created: day(1)}
	if err := s.AddTeam(t.Context(), team, owner.ID); err != nil {
		t.Fatal(err)
	}
	return team
}

func TestTeams(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann, bob := add(t, s, "ann", nil), add(t, s, "bob", nil)
		team := found(t, s, "t-1", ann)
		if got, err := s.Team(ctx, team.ID); err != nil || got != team {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := s.Team(ctx, "t-none"); !errors.Is(err, account.ErrNoTeam) {
			t.Error(err)
		}
		if role, err := s.MateRole(ctx, team.ID, ann.ID); err != nil || role != account.TeamOwner {
			t.Error(role, err)
		}
		if _, err := s.MateRole(ctx, team.ID, bob.ID); !errors.Is(err, account.ErrNoMate) {
			t.Error(err)
		}
		if err := s.Join(ctx, team.ID, bob, day(2)); !errors.Is(err, account.ErrNoMate) {
			t.Errorf("joined without an invitation: %v", err)
		}
		for _, name := range []string{"bob", "nobody"} {
			if err := s.Invite(ctx, team.ID, name, account.TeamMember, day(2)); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"bob", "ann"} {
			if err := s.Invite(ctx, team.ID, name, account.TeamMember, day(2)); !errors.Is(err, account.ErrInTeam) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Invite(ctx, "t-none", "bob", account.TeamMember, day(2)); !errors.Is(err, account.ErrNoTeam) {
			t.Error(err)
		}
		if of, err := s.TeamsOf(ctx, bob); err != nil || len(of) != 1 || !of[0].Invited || of[0].Team != team || of[0].Role != account.TeamMember {
			t.Errorf("%+v %v", of, err)
		}
		if err := s.Join(ctx, team.ID, bob, day(3)); err != nil {
			t.Fatal(err)
		}
		mates, err := s.Mates(ctx, team.ID)
		if err != nil || len(mates) != 3 || mates[0].Name != "ann" || mates[1].ID != bob.ID || !mates[1].Since.Equal(day(3)) || mates[2].Name != "nobody" || !mates[2].Invited {
			t.Errorf("%+v %v", mates, err)
		}
		if err := s.Uninvite(ctx, team.ID, "nobody"); err != nil {
			t.Error(err)
		}
		if err := s.Uninvite(ctx, team.ID, "nobody"); !errors.Is(err, account.ErrNoMate) {
			t.Error(err)
		}
		if changed, err := s.ChangeTeam(ctx, team.ID, func(t *account.Team) { t.Name, t.Plan = "Us", "basic" }); err != nil || changed.Name != "Us" {
			t.Error(changed, err)
		}
		if all, err := s.Teams(ctx, "", 10); err != nil || len(all) != 1 || all[0].Plan != "basic" {
			t.Error(all, err)
		}
		always := func(account.TeamRole) error { return nil }
		never := func(account.TeamRole) error { return account.ErrMayNot }
		if err := s.ChangeMate(ctx, team.ID, bob.ID, account.TeamAdmin, never); !errors.Is(err, account.ErrMayNot) {
			t.Error(err)
		}
		if err := s.ChangeMate(ctx, team.ID, ann.ID, account.TeamMember, always); !errors.Is(err, account.ErrLastOwner) {
			t.Error(err)
		}
		if err := s.ChangeMate(ctx, team.ID, "u-none", "", always); !errors.Is(err, account.ErrNoMate) {
			t.Error(err)
		}
		if err := s.ChangeMate(ctx, team.ID, bob.ID, "", always); err != nil {
			t.Error(err)
		}
		if err := s.RemoveTeam(ctx, team.ID); err != nil {
			t.Error(err)
		}
		if err := s.RemoveTeam(ctx, team.ID); !errors.Is(err, account.ErrNoTeam) {
			t.Error(err)
		}
	})
}

func TestWhatTeamsShare(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ann, bob := add(t, s, "ann", nil), add(t, s, "bob", nil)
		one, two := found(t, s, "t-1", ann), found(t, s, "t-2", ann)
		if err := errors.Join(s.Invite(ctx, one.ID, "bob", account.TeamMember, day(1)), s.Join(ctx, one.ID, bob, day(1))); err != nil {
			t.Fatal(err)
		}
		share := account.Share{Session: "s1", Team: one.ID, Role: room.Viewer}
		if err := s.Share(ctx, share); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := s.Shared(ctx, "s1"); got != share || !ok || err != nil {
			t.Error(got, ok, err)
		}
		if all, err := s.SharedWith(ctx, bob.ID); err != nil || len(all) != 1 || all["s1"].Role != room.Viewer {
			t.Error(all, err)
		}
		if all, err := s.SharedWith(ctx, ann.ID); err != nil || all["s1"].Role != room.Editor {
			t.Error(all, err)
		}
		share.Team = two.ID
		if err := s.Share(ctx, share); err != nil {
			t.Error(err)
		}
		if all, _ := s.SharedWith(ctx, bob.ID); len(all) != 0 {
			t.Errorf("shared with another team now: %v", all)
		}
		if err := s.Share(ctx, account.Share{Session: "s2", Team: "t-none"}); !errors.Is(err, account.ErrNoTeam) {
			t.Error(err)
		}
		if err := s.RemoveTeam(ctx, two.ID); err != nil {
			t.Error(err)
		}
		if _, ok, err := s.Shared(ctx, "s1"); ok || err != nil {
			t.Error(ok, err)
		}
		if err := errors.Join(s.Share(ctx, account.Share{Session: "s3", Team: one.ID, Role: room.Editor}), s.Unshare(ctx, "s3")); err != nil {
			t.Error(err)
		}
		if _, ok, _ := s.Shared(ctx, "s3"); ok {
			t.Error("still shared")
		}
	})
}

// TestATeamKeepsAnOwner though all go at once, and nobody joins twice.
func TestATeamKeepsAnOwner(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ann, bob := add(t, s, "ann", nil), add(t, s, "bob", nil)
		team := found(t, s, "t-1", ann)
		if err := s.Invite(ctx, team.ID, "bob", account.TeamOwner, day(1)); err != nil {
			t.Fatal(err)
		}
		joins := atOnce(4, func(int) error { return s.Join(ctx, team.ID, bob, day(1)) })
		if good := count(joins, nil); good != 1 {
			t.Errorf("joined %d times: %v", good, joins)
		}
		goes := atOnce(2, func(i int) error {
			return s.ChangeMate(ctx, team.ID, []string{ann.ID, bob.ID}[i], "", func(account.TeamRole) error { return nil })
		})
		if count(goes, nil) != 1 || count(goes, account.ErrLastOwner) != 1 {
			t.Errorf("%v", goes)
		}
	})
}

// TestTeamsAreBounded: those that one is in, and those who are in one.
func TestTeamsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ann := add(t, s, "ann", nil)
		for i := range account.MaxTeams {
			found(t, s, fmt.Sprintf("t-%d", i), ann)
		}
		if err := s.AddTeam(t.Context(), account.Team{ID: "t-more", Name: "More"}, ann.ID); !errors.Is(err, account.ErrTeams) {
			t.Error(err)
		}
		for i := range account.MaxMates - 1 {
			if err := s.Invite(t.Context(), "t-0", fmt.Sprintf("n%d", i), account.TeamMember, day(1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Invite(t.Context(), "t-0", "more", account.TeamMember, day(1)); !errors.Is(err, account.ErrTeamFull) {
			t.Error(err)
		}
	})
}

// atOnce does something n times at the same time.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errs
}

func count(errs []error, want error) (n int) {
	for _, err := range errs {
		if errors.Is(err, want) {
			n++
		}
	}
	return n
}
