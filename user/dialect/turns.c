// SPDX-License-Identifier: Apache-2.0
/* Sessions: one exchange, many calls. Each message of a WebSocket is a document; the provider's
 * file says which of them begin and end a turn. */
#include "dialect/response.h"
#include "dialect/wire.h"

void wire__turn_begin(struct dialect_reader *r, uint64_t begin_ns)
{
	size_t i;

	r->turn = ++r->turns;
	r->damaged = false; /* what broke before is not of this turn */
	for (i = 0; i < WIRE_N_USAGE; i++)
		r->usage[i] = r->told[i] = -1;
	for (i = 0; i < sizeof(r->last) / sizeof(r->last[0]); i++)
		r->last[i].n = 0;
	r->usage_new = false;
	r->is_tool = false;
	r->choice = (struct wire_choice){.index = -1};
	tools__free(&r->tools);
	tools__begin(&r->tools);
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
}

static void begin_message(struct dialect_reader *r, enum side side, uint64_t ts_ns)
{
	r->in_message[side] = true;
	r->torn[side] = false;
	r->message_ns[side] = ts_ns;
	if (side == SIDE_RESPONSE)
		response__begin(r);
	else
		json_scan__reset(r->request);
}

static void end_message(struct dialect_reader *r, enum side side, bool complete)
{
	r->in_message[side] = false;
	if (side == SIDE_REQUEST)
		json_scan__finish(r->request);
	if (r->dialect->message)
		r->dialect->message(r, side);
	if (side == SIDE_RESPONSE)
		response__end(r, false, complete);
	end_turn(r);
}

void dialect_reader__message(struct dialect_reader *r, enum side side, struct span piece, bool last,
			     uint64_t ts_ns)
{
	r->ts_ns = ts_ns;
	r->streamed = true;
	if (!r->in_message[side])
		begin_message(r, side, ts_ns);
	if (side == SIDE_RESPONSE)
		response__json(r, piece);
	else
		json_scan__feed(r->request, piece);
	if (last)
		end_message(r, side, true);
}

void dialect_reader__message_gap(struct dialect_reader *r, enum side side, uint64_t lost,
				 uint64_t ts_ns)
{
	size_t i;

	r->ts_ns = ts_ns;
	r->damaged = true;
	if (r->in_message[side]) {
		r->torn[side] = true;
		end_message(r, side, false);
	}
	if (side == SIDE_RESPONSE)
		for (i = 0; i < WIRE_N_USAGE; i++)
			r->usage[i] = r->told[i] = -1;
}
