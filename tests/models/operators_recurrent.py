# SPDX-License-Identifier: MIT
"""GRU and LSTM: directions, initial states, which outputs are used, with and without bias."""
import numpy as np

from operator_cases import family

STEPS, BATCH, INPUTS, HIDDEN = 9, 3, 11, 13


def recurrent(op, direction='forward', state=False, bias=True, use='YHC', batch=BATCH, steps=STEPS, hidden=HIDDEN, lengths=None, **a):
    """use: which outputs exist, Y the sequence, H and C the last states."""
    def build(n):
        d, g = (2 if direction == 'bidirectional' else 1), (3 if op == 'GRU' else 4)
        ins = [n.x(steps, batch, INPUTS, name='x'), n.w(d, g * hidden, INPUTS, scale=.4), n.w(d, g * hidden, hidden, scale=.4),
               n.w(d, 2 * g * hidden, scale=.4) if bias else '']
        ins.append(n.x(name='lengths', value=np.array(lengths, 'i4')) if lengths else '')
        n.lengths = lengths
        if state:
            ins += [n.x(d, batch, hidden, name='h')] + ([n.x(d, batch, hidden, name='c')] if op == 'LSTM' else [])
        outs = [(f'{o.lower()}_out' if o in use else '') for o in ('YH' if op == 'GRU' else 'YHC')]
        while not outs[-1]:
            outs.pop()
        n.op(op, *ins, out=outs, name=op.lower(), hidden_size=hidden, direction=direction, **a)
        return [o for o in outs if o]
    return build


case = family('recurrent')
for op in ('GRU', 'LSTM'):
    s = op.lower()
    for direction in ('forward', 'reverse', 'bidirectional'):
        for state in (False, True):
            tag = '_state' if state else ''
            case(f'{s}_{direction}{tag}', recurrent(op, direction, state))
            if op == 'GRU':
                case(f'{s}_{direction}{tag}_reset_after', recurrent(op, direction, state, linear_before_reset=1))
    case(f'{s}_no_bias', recurrent(op, bias=False))
    case(f'{s}_only_sequence', recurrent(op, use='Y'))
    case(f'{s}_only_last', recurrent(op, use='H'))
    case(f'{s}_batch1_hidden37', recurrent(op, batch=1, hidden=37, state=True))
    case(f'{s}_one_step', recurrent(op, steps=1, batch=1, state=True))
    case(f'{s}_lengths', recurrent(op, 'bidirectional', True, lengths=[4, STEPS, 1]))
    case(f'{s}_lengths_only_last', recurrent(op, 'reverse', use='H', lengths=[STEPS, 2, 5]))
    case(f'{s}_opset7', recurrent(op, state=True), 7)
case('gru_reset_after_no_bias', recurrent('GRU', bias=False, linear_before_reset=1))
case('gru_reset_after_opset7', recurrent('GRU', 'bidirectional', True, linear_before_reset=1), 7)


def two_layers(n):
    """Bidirectional layers stacked as PyTorch exports them: Transpose and Reshape between."""
    x = n.x(STEPS, 1, INPUTS)
    for inputs in (INPUTS, 2 * HIDDEN):
        y = n.op('LSTM', x, n.w(2, 4 * HIDDEN, inputs, scale=.4), n.w(2, 4 * HIDDEN, HIDDEN, scale=.4), n.w(2, 8 * HIDDEN, scale=.4),
                 hidden_size=HIDDEN, direction='bidirectional')
        x = n.op('Reshape', n.op('Transpose', y, perm=[0, 2, 1, 3]), n.ints(0, 0, -1))
    return x


case('lstm_two_layers_bidirectional', two_layers)
