#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules of include_order.py and source_rules.py see what they are for: each mistake here is found, each twin is not."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import include_order
import source_rules

HEAD = '// SPDX-License-Identifier: MIT\n#pragma once\n'

# path, text, what must be said ("" for nothing)
ORDER = [
    ('dsi/core/a.hpp', '#include <dsi/core/b.hpp>', ''),
    ('dsi/core/a.hpp', '#include <dsi/numeric/b.hpp>', 'core must not include dsi/numeric/b.hpp'),
    ('dsi/op/a.hpp', '#include <dsi/tensor/b.hpp>', ''),
    ('dsi/op/a.hpp', '#  include <dsi/kernel/b.hpp>', 'op must not include dsi/kernel/b.hpp'),
    ('dsi/op/a.hpp', '// #include <dsi/kernel/b.hpp>', ''),
    ('dsi/op/a.hpp', '/* \n#include <dsi/kernel/b.hpp>\n */', ''),
    ('dsi/graph/a.hpp', '#include <dsi/kernel/b.hpp>', 'graph must not include dsi/kernel/b.hpp'),
    ('dsi/kernel/a.hpp', '#include <dsi/graph/b.hpp>', 'kernel must not include dsi/graph/b.hpp'),
    ('dsi/kernel/a.hpp', '#include <dsi/backend/simd/b.hpp>', 'kernel must not include'),
    ('dsi/backend/simd/a.hpp', '#include <dsi/backend/reference/backend.hpp>', ''),
    ('dsi/backend/simd/a.hpp', '#include <dsi/backend/reference/dense.hpp>', 'backend/simd must not include dsi/backend/reference/dense.hpp'),
    ('dsi/backend/simd/a.hpp', '#include <dsi/plan/plan.hpp>', 'backend/simd must not include dsi/plan/plan.hpp'),
    ('dsi/backend/cuda/a.hpp', '#include <dsi/backend/simd/vec.hpp>', 'backend/cuda must not include'),
    ('dsi/plan/a.hpp', '#include <dsi/engine.hpp>', 'plan must not include dsi/engine.hpp'),
    ('dsi/plan/a.hpp', '#include <dsi/graph/graph.hpp>', ''),
    ('dsi/import/bind/a.hpp', '#include <dsi/plan/plan.hpp>', ''),
    ('dsi/import/bind/a.hpp', '#include <dsi/engine.hpp>', 'import must not include dsi/engine.hpp'),
    ('dsi/parallel/a.hpp', '#include <dsi/op/relu.hpp>', 'parallel must not include dsi/op/relu.hpp'),
    ('dsi/engine.hpp', '#include <dsi/plan/plan.hpp>\n#include <dsi/parallel/serial.hpp>', ''),
    ('dsi/engine.hpp', '#include <dsi/schedule/queue.hpp>', 'engine must not include dsi/schedule/queue.hpp'),
    ('dsi/fancy/a.hpp', '', 'the folder fancy has no place'),
    ('dsi/op/a.hpp', '#include <immintrin.h>', 'intrinsics belong in backend/simd'),
    ('dsi/op/a.hpp', '#include <xsimd/xsimd.hpp>', 'intrinsics belong in backend/simd'),
    ('dsi/backend/simd/xsimd_compat.hpp', '#include <xsimd/xsimd.hpp>\n#include <immintrin.h>', ''),
    ('dsi/import/lower.hpp', '#include <google/protobuf/message.h>', 'protobuf belongs in'),
    ('dsi/import/onnx_protobuf.hpp', '#include <google/protobuf/message.h>\n#include <onnx/onnx_pb.h>', ''),
    ('dsi/plan/a.hpp', '#include <cuda_runtime.h>', 'CUDA headers belong in'),
    ('dsi/kernel/a.hpp', '#include <Eigen/Core>', 'Eigen belongs in'),
    ('dsi/backend/reference/a.hpp', '#include <omp.h>', 'OpenMP belongs in'),
]
RULES = [
    ('include/dsi/op/a.hpp', HEAD, ''),
    ('include/dsi/op/a.hpp', '#pragma once\n', 'lack SPDX'),
    ('cmake/a.cmake', '# a\n', 'lack SPDX'),
    ('include/dsi/op/a.hpp', HEAD.replace('#pragma once', ''), 'no #pragma once'),
    ('tests/a.cpp', HEAD + '\n' * 900, 'more than 800'),
    ('tests/a.cpp', HEAD + '\n' * 700, ''),
    ('include/dsi/op/a.hpp', HEAD + '#define DSI_X 1\n', 'does not undefine it'),
    ('include/dsi/op/a.hpp', HEAD + '#define DSI_X 1\n#undef DSI_X\n', ''),
    ('include/dsi/op/a.hpp', HEAD + '#define LOOP 1\n#undef LOOP\n', 'macros begin with DSI_'),
    ('include/dsi/core/config.hpp', HEAD + '#define DSI_X 1\n', ''),
    ('include/dsi/op/a.hpp', HEAD + 'std::function<void()> f;\n', 'uses std::function'),
    ('include/dsi/op/a.hpp', HEAD + '// not a std::function\nauto s = "std::function";\n', ''),
    ('include/dsi/import/a.hpp', HEAD + 'std::function<void()> f;\n', ''),
    ('include/dsi/engine.hpp', HEAD + '#include <iostream>\n', 'uses iostream'),
]


def main():
    failed = 0
    for module, cases in ((include_order, ORDER), (source_rules, RULES)):
        for path, text, expected in cases:
            said = '; '.join(module.mistakes(path, text))
            if not (expected in said if expected else said == ''):
                failed += 1
                print(f'FAIL {path}: "{text}" gave "{said}", expected "{expected}"')
    print(f'{len(ORDER) + len(RULES) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
