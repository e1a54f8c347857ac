package estimate

// Config bounds an estimate, in bits per second.
type Config struct {
	Min, Max int
	// Start is the estimate before anything is known.
	Start int
}

// Defaults suit a shared desktop: a still readable picture at the lower end, a
// lossless one at the upper.
func Defaults() Config { return Config{Min: 50_000, Max: 50_000_000, Start: 1_000_000} }

// sane repairs a configuration whose bounds contradict each other.
func (c Config) sane() Config {
	c.Min = max(c.Min, 1000)
	c.Max = max(c.Max, c.Min)
	c.Start = min(max(c.Start, c.Min), c.Max)
	return c
}
