package api

// LoginLink is the URL that logs in once.
func LoginLink(origin, token string) string { return origin + "/login?token=" + token }

// inviteLink is the URL that opens a session with an invitation. The
// invitation is in the fragment, which browsers send to nobody.
func inviteLink(origin, id, invite string) string { return origin + "/s/" + id + "#invite=" + invite }
