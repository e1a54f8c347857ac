/*
 * The lease between a server, an agent and two clients, with messages under way.
 *
 *   make model
 *
 * It is the protocol of package collab under the open policy, as small as it can
 * be: one button, presses that take a free canvas without a round trip, refusals
 * that spend their generation, a server that may end a tenure at any moment (a
 * lost connection, an owner's take-over, a role that went), leases told late. What
 * the reliable channels order, the model orders; a client's moves go another way
 * and may arrive at any time later, or never.
 *
 * Checked in every state that can be reached:
 *   - a generation has at most one holder, ever;
 *   - nothing of anybody but the holder of its generation is played;
 *   - a stroke is played by one hand, from its press on: moves of an earlier
 *     stroke, refused or over, never join it;
 *   - when everything has arrived and nobody holds the canvas, nothing is down.
 */

#define CLIENTS 2
#define LAST    3   /* generations that are looked at */
#define NOBODY  2
#define STROKES (me == 0 -> 1 : 3) /* of one client; the first is there to be in the other's way */

mtype = { press, lift, move, refused, lease };

/* from client to server: kind, generation, sequence, stroke */
chan up[CLIENTS]    = [2] of { mtype, byte, byte, byte };
chan lossy[CLIENTS] = [1] of { mtype, byte, byte, byte };
/* from server to client: kind, generation, holder */
chan down[CLIENTS]  = [2] of { mtype, byte, byte };
/* from server to agent: kind, generation, who, sequence, stroke */
chan wire_     = [2] of { mtype, byte, byte, byte, byte };
chan wireLossy = [1] of { mtype, byte, byte, byte, byte };

/* the server */
byte generation = 1;
byte holder = NOBODY;
bool pressed = false;
byte burned = 0;
byte refusedAt[CLIENTS];

/* what must hold */
byte handOf[LAST + 2];   /* 1 + who held a generation; 0: nobody yet */

inline tell() {
	/* the room tells everyone; here in one step, to arrive at any time */
	down[0]!lease, generation, holder;
	down[1]!lease, generation, holder;
	wire_!lease, generation, NOBODY, 0, 0;
}

#define canTell (nfull(down[0]) && nfull(down[1]) && nfull(wire_))

inline vacate() {
	if
	:: burned > generation -> generation = burned + 1
	:: else -> generation = generation + 1
	fi;
	holder = NOBODY;
	pressed = false;
}

inline hold(who) {
	assert(handOf[generation] == 0 || handOf[generation] == who + 1);
	holder = who;
	handOf[generation] = who + 1;
}

inline begin(who) {
	hold(who);
	pressed = true;
	wire_!press, g, who, s, n;
	down[0]!lease, generation, holder;
	down[1]!lease, generation, holder
}

inline judge(who) {
	if
	:: (who == holder && g == generation) ->
		pressed = (k == press -> true : (k == lift -> false : pressed));
		wire_!k, g, who, s, n
	:: !(who == holder && g == generation) && k == press && s == 1 && g > refusedAt[who] && holder == NOBODY && g == generation ->
		begin(who)
	:: !(who == holder && g == generation) && k == press && s == 1 && g > refusedAt[who] && holder != NOBODY && g == generation + 1 && !pressed ->
		/* the holder lingers: the next tenure begins with this press */
		vacate();
		generation = g;
		begin(who)
	:: !(who == holder && g == generation) && k == press && s == 1 && g > refusedAt[who] && holder != NOBODY && g == generation + 1 && pressed ->
		refusedAt[who] = g;
		burned = (g > burned -> g : burned);
		down[who]!refused, g, holder
	:: !(who == holder && g == generation) && k == press && !(s == 1 && g > refusedAt[who] && (holder == NOBODY -> g == generation : g == generation + 1)) ->
		down[who]!refused, g, holder
	:: !(who == holder && g == generation) && k != press ->
		skip
	fi
}

/* room for all that a packet can make the server say */
#define mayHear (generation < LAST && canTell)

active proctype server() {
	mtype k; byte g, s, n;
	do
	/* a packet of the reliable channel */
	:: atomic { mayHear && nempty(up[0]) -> up[0]?k, g, s, n; judge(0) }
	:: atomic { mayHear && nempty(up[1]) -> up[1]?k, g, s, n; judge(1) }
	/* moves: some time later, or never */
	:: atomic { nempty(lossy[0]) && nfull(wireLossy) -> lossy[0]?k, g, s, n;
		if :: holder == 0 && g == generation -> wireLossy!k, g, 0, s, n :: !(holder == 0 && g == generation) -> skip fi }
	:: atomic { nempty(lossy[1]) && nfull(wireLossy) -> lossy[1]?k, g, s, n;
		if :: holder == 1 && g == generation -> wireLossy!k, g, 1, s, n :: !(holder == 1 && g == generation) -> skip fi }
	/* whatever ends a tenure, by force too */
	:: atomic { holder != NOBODY && mayHear -> vacate(); tell() }
	od
}

/* the tenure to come, as a client reckons it */
#define NEXT (whose == NOBODY -> known : known + 1)

proctype client(byte me) {
	byte known = 1, whose = NOBODY;  /* the lease as last told */
	byte mine = 0;                   /* the generation that strokes are sent under */
	byte spent = 0, sequence = 0, stroke = 0;
	bool isDown = false, moved = false, claimed = false;
	mtype k; byte g, h;
	do
	/* press: under the own tenure, or under the next one */
	:: atomic { !isDown && stroke < STROKES && nfull(up[me]) && mine != 0 ->
		stroke++; sequence++; isDown = true; moved = false; up[me]!press, mine, sequence, stroke }
	:: atomic { !isDown && stroke < STROKES && nfull(up[me]) && mine == 0 && whose != me && NEXT > spent ->
		mine = NEXT; sequence = 1; claimed = true;
		stroke++; isDown = true; moved = false; up[me]!press, mine, sequence, stroke }
	/* one move of a stroke is as good as many, and one client's as good as two's */
	:: atomic { me == 1 && isDown && !moved && nfull(lossy[me]) -> moved = true; sequence++; lossy[me]!move, mine, sequence, stroke }
	:: atomic { (isDown && nfull(up[me])) -> sequence++; isDown = false; up[me]!lift, mine, sequence, stroke }
	:: atomic {
		down[me]?k, g, h ->
		if
		:: k == refused ->
			spent = (g > spent -> g : spent);
			if
			:: mine == g -> mine = 0; claimed = false; isDown = false
			:: else -> skip
			fi
		:: k == lease ->
			known = g; whose = h;
			if
			:: h == me && mine != g -> mine = g; sequence = 0; claimed = false; isDown = false
			:: h == me && mine == g -> claimed = false
			:: h != me && claimed && mine == NEXT -> skip
			:: else -> mine = 0; claimed = false; isDown = false
			fi
		fi
	   }
	od
}

inline take() {
	if
	:: g > current -> current = g; applied = 0; isDown = false   /* lets go first */
	:: g <= current -> skip
	fi;
	if
	:: g == current && k != lease && s > applied ->
		applied = s;
		assert(handOf[g] == w + 1);
		assert(!isDown || k == press || (w == hand && n == stroke));
		if
		:: k == press -> isDown = true; hand = w; stroke = n
		:: k == lift -> isDown = false
		:: k == move -> skip
		fi
	:: !(g == current && k != lease && s > applied) -> skip
	fi
}

active proctype agent() {
	byte current = 1;          /* the greatest generation seen */
	byte applied = 0;          /* sequence in it */
	bool isDown = false;
	byte hand = NOBODY, stroke = 0;
	mtype k; byte g, w, s, n;
	do
	:: atomic { wire_?k, g, w, s, n -> take() }
	/* a move waits for the press before it, see package inject: to wait is to come later */
	:: atomic { wireLossy?k, g, w, s, n -> if :: g == current && s == applied + 1 -> take() :: !(g == current && s == applied + 1) -> skip fi }
	/* all that was told has been heard: nobody holds, nothing is down */
	:: atomic { empty(wire_) && empty(wireLossy) && holder == NOBODY -> assert(!isDown) }
	od
}

init { atomic { run client(0); run client(1) } }
