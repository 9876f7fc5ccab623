#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the names and thresholds of the package magika as a C++ header.

    labels.py PACKAGE_FOLDER OUT.hpp

PACKAGE_FOLDER is the folder `magika` of the installed package; models/standard_v3_3 in it has the network and its configuration.
"""
import json
import pathlib
import sys

SPECIAL = ('directory', 'empty', 'txt', 'unknown')  # what is answered without the network, or instead of an unsure answer


def text(value):
    return json.dumps(value)  # the escapes of JSON are those of C++ for what stands in these files


def header(package):
    config = json.loads((package / 'models/standard_v3_3/config.min.json').read_text())
    known = json.loads((package / 'config/content_types_kb.min.json').read_text())
    if config['mid_size'] or config['use_inputs_at_offsets']:
        sys.exit('labels.py: this version of magika makes its features in a way that the example does not know')
    output = {t: config['overwrite_map'].get(t, t) for t in config['target_labels_space']}
    names = sorted(set(output) | set(output.values()) | set(SPECIAL))
    at = {name: i for i, name in enumerate(names)}
    lines = ['#pragma once', '// The names, descriptions and thresholds of the package magika; written by labels.py.', 'namespace magika_labels {',
             f'inline constexpr int beg_size = {config["beg_size"]}, end_size = {config["end_size"]}, block_size = {config["block_size"]};',
             f'inline constexpr int padding_token = {config["padding_token"]}, min_file_size = {config["min_file_size_for_dl"]};',
             'struct content_type {', '  char const* name;', '  char const* mime;', '  char const* description;', '  bool is_text;', '};',
             'inline constexpr content_type content_types[] = {']
    for name in names:
        k = known[name]
        mime = k['mime_type'] or ('text/plain' if k['is_text'] else 'application/octet-stream')
        lines.append(f'  {{{text(name)}, {text(mime)}, {text(k["description"] or name)}, {str(k["is_text"]).lower()}}},')
    lines += ['};', 'enum { ' + ', '.join(f'is_{s} = {at[s]}' for s in SPECIAL) + ' };  // indices into content_types',
              '/// One element of the output of the network: what it stands for, what to answer, and the least score to believe it.',
              'struct target {', '  int type;', '  int answer;', '  double threshold;', '};', 'inline constexpr target targets[] = {']
    for name in config['target_labels_space']:
        lines.append(f'  {{{at[name]}, {at[output[name]]}, {config["thresholds"].get(name, config["medium_confidence_threshold"])!r}}},')
    return '\n'.join(lines + ['};', '}  // namespace magika_labels', ''])


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pathlib.Path(sys.argv[2]).write_text(header(pathlib.Path(sys.argv[1])))
