#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Do the includes of include/dsi run one way? And do the platform's headers stay where they belong?

    include_order.py [INCLUDE_DIR]

The order is core <- numeric <- tensor <- op <- {graph, kernel} <- backend <- plan <- engine <- {schedule, quantize, serve};
import sees up to plan, parallel sees core. Prints one line per header that breaks a rule, then `N passed, N failed` (headers).
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.M)

# What each part may include, itself apart. "engine" is every header directly in dsi/.
TO_KERNEL = ['core', 'numeric', 'tensor', 'op', 'graph', 'kernel']
TO_PLAN = TO_KERNEL + ['backend', 'backend/reference', 'backend/simd', 'backend/cuda', 'plan']
TO_ENGINE = TO_PLAN + ['parallel', 'engine']
MAY_SEE = {
    'core': [],
    'numeric': ['core'],
    'tensor': ['core', 'numeric'],
    'op': ['core', 'numeric', 'tensor'],
    'graph': ['core', 'numeric', 'tensor', 'op'],
    'kernel': ['core', 'numeric', 'tensor', 'op'],
    'backend/reference': TO_KERNEL,
    'backend/simd': TO_KERNEL,   # and the tag of its fallback, below
    'backend/cuda': TO_KERNEL,
    'backend': TO_KERNEL + ['backend/reference', 'backend/simd'],
    'plan': TO_PLAN,
    'parallel': ['core'],
    'engine': TO_ENGINE,
    'import': TO_PLAN,
    'quantize': TO_ENGINE,
    'schedule': TO_ENGINE,
    'serve': TO_ENGINE + ['schedule'],
    'interop': TO_ENGINE,
}
FALLBACK_TAGS = {'backend/simd': 'dsi/backend/reference/backend.hpp'}

# Headers of others: a pattern, and the only places where it may be included.
FOREIGN = [
    (r'xsimd/|[a-z]*intrin\.h$|arm_neon\.h$|arm_sve\.h$|cpuid\.h$', [r'backend/simd/', r'embedded_cpu\.hpp$'], 'vector intrinsics belong in backend/simd'),
    (r'cuda|cublas|cudnn|nccl|mma\.h$', [r'backend/cuda/'], 'CUDA headers belong in backend/cuda'),
    (r'google/|onnx', [r'import/onnx_protobuf\.hpp$'], 'protobuf belongs in import/onnx_protobuf.hpp'),
    (r'Eigen', [r'interop/', r'interop\.hpp$'], 'Eigen belongs in interop'),
    (r'omp\.h$', [r'parallel/'], 'OpenMP belongs in parallel'),
    (r'sys/socket|netinet|grpc', [r'serve/'], 'sockets belong in serve'),
]


def part_of(path):
    """dsi/backend/simd/tile.hpp -> backend/simd; dsi/engine.hpp -> engine; import's sub-folders count as import."""
    folders = path.split('/')[1:-1]
    if not folders:
        return 'core' if path == 'dsi/embedded.hpp' else 'engine'  # plain data that needs nothing, for units, user and tool alike
    return '/'.join(folders[:2]) if folders[0] == 'backend' else folders[0]


def includes_of(text):
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    return INCLUDE.findall(text)


def mistakes(path, text):
    part = part_of(path)
    if part not in MAY_SEE:
        return [f'the folder {part} has no place in the order; give it one in include_order.py']
    found = []
    for target in includes_of(text):
        if target.startswith('dsi/'):
            other = part_of(target)
            if other != part and other not in MAY_SEE[part] and FALLBACK_TAGS.get(part) != target:
                found.append(f'{part} must not include {target} ({other})')
        else:
            for pattern, places, why in FOREIGN:
                if re.search('(^|/)(' + pattern + ')', target) and not any(re.search(p, path) for p in places):
                    found.append(f'includes {target}: {why}')
    return found


def check(root):
    """-> {header: mistakes} of every header below root."""
    root = pathlib.Path(root)
    files = sorted(p for p in (root / 'dsi').rglob('*') if p.suffix in ('.hpp', '.cuh', '.h'))
    return {str(p.relative_to(root)): mistakes(str(p.relative_to(root)), p.read_text()) for p in files}


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2] / 'include'
    result = check(root)
    for path, found in result.items():
        for text in found:
            print(f'FAIL include/{path}: {text}')
    failed = sum(bool(f) for f in result.values())
    print(f'{len(result) - failed} passed, {failed} failed')
    return 1 if failed or not result else 0


if __name__ == '__main__':
    sys.exit(main())
