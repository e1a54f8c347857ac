package room

// Presence is a person in a room, with all their windows.
type Presence struct {
	Person  string `json:"person"` // their PersonAttribute; their identity, if they came without
	Name    string `json:"name"`
	Role    Role   `json:"role"`
	Windows int    `json:"windows"`
	Drawing bool   `json:"drawing"` // holds the canvas
}
