package store

import (
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// dialect is what differs between the databases.
type dialect struct {
	// numbered placeholders, $1, instead of ?
	numbered bool
	// forUpdate makes a transaction's SELECT keep its rows from others. SQLite
	// has one writer at a time anyway.
	forUpdate string
	// alone keeps everybody else from starting the same at the same time, until
	// the transaction ends; its argument names what.
	alone string
	// serial is the type of a key that counts up.
	serial string
}

var (
	sqliteDialect   = dialect{serial: "INTEGER PRIMARY KEY AUTOINCREMENT"}
	postgresDialect = dialect{
		numbered: true, forUpdate: " FOR UPDATE", alone: "SELECT pg_advisory_xact_lock(?)",
		serial: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
	}
)

// Names for dialect.alone.
const (
	lockSchema int64 = 0xea5e1 + iota
	lockAdmins
	lockStatements
)

// bind turns the placeholders of a statement of ours into the dialect's. No
// statement has a question mark that is none.
func (d dialect) bind(statement string) string {
	if !d.numbered {
		return statement
	}
	var b strings.Builder
	n := 0
	for _, part := range strings.SplitAfter(statement, "?") {
		head, cut := strings.CutSuffix(part, "?")
		b.WriteString(head)
		if cut {
			n++
			b.WriteString("$" + strconv.Itoa(n))
		}
	}
	return b.String()
}

// taken says whether a statement failed because what must be unique would not be.
func taken(err error) bool {
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) {
		return pg.Code == "23505" // unique_violation
	}
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		return lite.Code() == lib.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == lib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
