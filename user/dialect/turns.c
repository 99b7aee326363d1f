// SPDX-License-Identifier: Apache-2.0
/* Sessions: one exchange, many calls. Each message of a WebSocket is a document; the provider's
 * file says which of them begin and end a turn. */
#include "dialect/held.h"
#include "dialect/response.h"
#include "dialect/wire.h"
#include "base/limits.h"

/* --- facts of the message that is read ------------------------------------------------------ */

void turns__hold(struct dialect_reader *r, enum fact fact, const struct fact_value *v)
{
	r->damaged |= held__add(&r->held[r->side], fact, v, r->ts_ns) < 0;
}

static void tell_held(struct dialect_reader *r, enum side side)
{
	struct span rest = buf__span(&r->held[side]);
	struct fact_value v;
	uint64_t ts_ns;
	enum fact fact;

	while (held__next(&rest, &fact, &v, &ts_ns))
		wire__tell(r, fact, &v);
	buf__clear(&r->held[side]);
}

/* Nothing of the answer is known: a lost message may have replaced it, or another answer begins. */
static void forget_usage(struct dialect_reader *r)
{
	size_t i;

	for (i = 0; i < WIRE_N_USAGE; i++)
		r->usage[i] = r->told[i] = -1;
	r->usage_new = false;
}

static void forget_answer(struct dialect_reader *r)
{
	size_t i;

	forget_usage(r);
	tools__free(&r->tools);
	tools__begin(&r->tools);
	for (i = 0; i < sizeof(r->last) / sizeof(r->last[0]); i++)
		r->last[i].n = 0;
}

void wire__drop(struct dialect_reader *r, enum side side)
{
	buf__clear(&r->held[side]);
	if (side == SIDE_REQUEST)
		return;
	forget_answer(r);
	errors__begin(&r->errors);
	r->output = r->done = false;
}

/* --- turns --------------------------------------------------------------------------------- */

void wire__turn_begin(struct dialect_reader *r, uint64_t begin_ns)
{
	size_t i;

	r->turn = ++r->turns;
	r->damaged = false; /* what broke before is not of this turn */
	for (i = 0; i < WIRE_N_USAGE; i++)
		r->told[i] = -1;
	/* The server's message under way is of an earlier turn, or it is the one that begins this.
	 */
	if (!r->in_message[SIDE_RESPONSE]) {
		forget_answer(r);
		r->is_tool = false;
		r->choice = (struct wire_choice){.index = -1};
	}
	wire__number(r, FACT_TURN_BEGIN, (int64_t)begin_ns);
}

void wire__turn_end(struct dialect_reader *r)
{
	r->turn_over = true;
}

/* What the end of its last message told was still of the turn. */
static void end_turn(struct dialect_reader *r)
{
	if (!r->turn_over)
		return;
	r->turn_over = false;
	if (r->turn)
		wire__number(r, FACT_TURN_END, 1);
	r->turn = 0;
	forget_answer(r);
}

static void begin_message(struct dialect_reader *r, enum side side, uint64_t ts_ns)
{
	r->in_message[side] = true;
	r->tools_told = false;
	r->torn[side] = false;
	r->message_ns[side] = ts_ns;
	buf__clear(&r->held[side]);
	if (side == SIDE_RESPONSE)
		response__begin(r);
	else
		json_scan__reset(r->request);
}

static void end_message(struct dialect_reader *r, enum side side, bool complete)
{
	if (side == SIDE_REQUEST) {
		r->side = side;
		r->holding = true;
		json_scan__finish(r->request);
		r->holding = false;
	}
	if (r->dialect->message)
		r->dialect->message(r, side);
	r->in_message[side] = false;
	tell_held(r, side);
	if (side == SIDE_RESPONSE)
		response__end(r, false, complete);
	else if (r->ops->said_end)
		r->ops->said_end(r->ctx, side, r->turn);
	end_turn(r);
}

void dialect_reader__message(struct dialect_reader *r, enum side side, struct span piece, bool last,
			     uint64_t ts_ns)
{
	/* No session is among the candidates. */
	if (r->dialect == &dialect_unknown)
		return;
	r->ts_ns = ts_ns;
	r->streamed = true;
	if (!r->in_message[side])
		begin_message(r, side, ts_ns);
	r->side = side;
	r->holding = true;
	if (side == SIDE_RESPONSE)
		response__json(r, piece);
	else
		json_scan__feed(r->request, piece);
	if (side == SIDE_REQUEST && r->ops->said)
		r->ops->said(r->ctx, side, piece);
	r->holding = false;
	if (last)
		end_message(r, side, true);
}

void dialect_reader__message_gap(struct dialect_reader *r, enum side side, uint64_t lost,
				 uint64_t ts_ns)
{
	if (r->dialect == &dialect_unknown)
		return;
	r->ts_ns = ts_ns;
	r->damaged = true;
	if (r->in_message[side]) {
		r->torn[side] = true;
		end_message(r, side, false);
	}
	if (side == SIDE_RESPONSE)
		forget_usage(r);
}
