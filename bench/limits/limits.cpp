// SPDX-License-Identifier: MIT
#include "limits.hpp"

#include <sys/mman.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <vector>

#include "../measure/clock.hpp"
#include "../measure/statistics.hpp"

namespace bench {

namespace {

/// Memory on 2 MiB pages where the kernel gives them, touched; kept until the program ends.
char const* memory(std::size_t bytes) {
  static char* kept = nullptr;
  static std::size_t size = 0;
  if (bytes > size) {
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return nullptr;
    madvise(p, bytes, MADV_HUGEPAGE);
    std::memset(p, 1, bytes);
    if (kept != nullptr) munmap(kept, size);
    kept = static_cast<char*>(p), size = bytes;
  }
  return kept;
}

/// From sysfs: glibc's sysconf multiplies some caches by the threads that share them. The fallback where a container hides it.
double cache_bytes(int level, double fallback) {
  for (int i = 0; i < 8; ++i) {
    std::string const folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    int found = 0;
    double kib = 0;
    std::string type;
    std::ifstream(folder + "level") >> found;
    std::ifstream(folder + "type") >> type;
    std::ifstream(folder + "size") >> kib;
    if (found == level && type != "Instruction" && kib > 0) return 1024 * kib;
  }
  return fallback;
}

/// Units per second of f(rounds), which does some and returns how many; calls of about `target` seconds.
template <class F>
double rate(F&& f, int repeats, double target = 1e-3) {
  long rounds = 16;
  for (;;) {
    double const begin = thread_seconds();
    f(rounds);
    double const t = thread_seconds() - begin;
    if (t > target / 4) {
      rounds = static_cast<long>(static_cast<double>(rounds) * target / t) + 1;
      break;
    }
    rounds *= 4;
  }
  std::vector<double> rates;
  for (int r = 0; r < repeats; ++r) {
    double const begin = thread_seconds(), units = f(rounds);
    rates.push_back(units / (thread_seconds() - begin));
  }
  return median(rates);
}

/// Half of a level, so that nothing else pushes it out; of L3 at most 8 MiB, since other cores use it too.
std::size_t probe_bytes(machine_limits const& m, int level) {
  double const bytes = level == 3 ? 4 * m.levels[2].capacity : level == 2 ? std::min(m.levels[2].capacity / 2, 8.0 * (1 << 20)) : m.levels[level].capacity / 2;
  return static_cast<std::size_t>(bytes) / 1024 * 1024;
}

double bandwidth(probe_table const& probe, machine_limits const& m, int level, int repeats) {
  std::size_t const bytes = probe_bytes(m, level);
  char const* const from = memory(bytes);
  if (from == nullptr) return 0;
  auto const pass = [&](long rounds) {
    for (long r = 0; r < rounds; ++r) probe.read(from, bytes);
    return static_cast<double>(rounds) * static_cast<double>(bytes);
  };
  pass(1);
  if (level == 3) {  // one pass takes long enough
    std::vector<double> rates;
    for (int r = 0; r < repeats; ++r) {
      double const begin = thread_seconds();
      rates.push_back(pass(1) / (thread_seconds() - begin));
    }
    return median(rates);
  }
  return rate(pass, repeats);
}

[[gnu::noinline]] void nothing() { asm volatile(""); }
void (*volatile nothing_pointer)() = nothing;

/// A chain of multiplications: three cycles each on the x86 processors of this decade, likewise on Cortex-A76 and later.
double chain(long rounds) {
  unsigned long x = 3;
  for (long r = 0; r < rounds; ++r) {
#pragma GCC unroll 10
    for (int i = 0; i < 10; ++i) {
      x *= 0x9e3779b97f4a7c15u;
      asm volatile("" : "+r"(x));
    }
  }
  return 30.0 * static_cast<double>(rounds);
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line, name = "unknown", family, model;
  auto const field = [&](char const* key, std::string& value) {
    if (line.rfind(key, 0) == 0 && line[std::strlen(key)] == '\t') value = line.substr(line.find(':') + 2);
  };
  while (std::getline(file, line) && !line.empty()) field("model name", name), field("cpu family", family), field("model", model);
  return family.empty() ? name : name + " (family " + family + ", model " + model + ")";
}

}  // namespace

probe_table const* find_probe(std::string_view isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool const v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  bool const v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  if (v4 && (isa.empty() || isa.substr(0, 2) == "v4")) return &bench_probe_v4;
  if (v3 && (isa.empty() || isa == "v3")) return &bench_probe_v3;
  return isa.empty() || isa == "v2" ? &bench_probe_v2 : nullptr;
#else
  return isa.empty() || isa == bench_probe_baseline.isa ? &bench_probe_baseline : nullptr;
#endif
}

double probe_peak(probe_table const& probe) { return rate(probe.multiply_add, 9, 1e-4); }
double probe_level(probe_table const& probe, machine_limits const& m, int level) { return bandwidth(probe, m, level, 3); }

machine_limits measure_limits(probe_table const& probe, bool quick) {
  int const repeats = quick ? 9 : 41;
  machine_limits m;
  m.isa = probe.isa;
  m.tile_size = probe.tile;
  m.processor = processor_name();
  m.levels[0].capacity = cache_bytes(1, 32 << 10);
  m.levels[1].capacity = cache_bytes(2, 512 << 10);
  m.levels[2].capacity = cache_bytes(3, 8 << 20);
  m.levels[3].capacity = std::numeric_limits<double>::infinity();
  rate(probe.multiply_add, 3, 2e-2);  // the clock rises
  m.peak = rate(probe.multiply_add, repeats);
  m.tile = rate(probe.product_tile, repeats);
  m.clock = rate(chain, repeats);
  for (int level = 0; level < 4; ++level) m.levels[level].bandwidth = bandwidth(probe, m, level, level == 3 ? (quick ? 2 : 5) : repeats);
  auto const each = [&](auto const& f) {
    return 1 / rate([&](long n) { for (long i = 0; i < n; ++i) f(); return static_cast<double>(n); }, repeats);
  };
  m.indirect_call = each([] { nothing_pointer(); });
  m.clock_read = each([] { wall_seconds(); });
  m.tick_read = each([] { ticks(); });
  return m;
}

void print(machine_limits const& m) {
  std::printf("processor %s, instruction set %s\n", m.processor.c_str(), m.isa);
  std::printf("fp32 multiply-adds %.1f GFLOP/s, %s tile from L1 %.1f (%.0f%%), clock %.2f GHz\n", m.peak * 1e-9, m.tile_size, m.tile * 1e-9, 100 * m.tile / m.peak, m.clock * 1e-9);
  std::printf("read");
  for (memory_level const& l : m.levels) {
    if (l.capacity < 1e12) std::printf("  %s (%.0f KiB) %.0f GB/s", l.name, l.capacity / 1024, l.bandwidth * 1e-9);
    else std::printf("  %s %.1f GB/s", l.name, l.bandwidth * 1e-9);
  }
  std::printf("\nindirect call %.1f ns, clock_gettime %.1f ns, cycle counter %.1f ns\n", m.indirect_call * 1e9, m.clock_read * 1e9, m.tick_read * 1e9);
}

void write(json_writer& to, std::string_view key, machine_limits const& m) {
  to.begin_object(key).add("processor", m.processor).add("isa", m.isa).add("peak", m.peak).add("tile", m.tile).add("tile_size", m.tile_size);
  to.add("clock", m.clock).add("indirect_call", m.indirect_call).add("clock_read", m.clock_read).add("tick_read", m.tick_read).begin_list("levels");
  for (memory_level const& l : m.levels) to.begin_object().add("name", l.name).add("capacity", l.capacity).add("bandwidth", l.bandwidth).end();
  to.end().end();
}

}  // namespace bench
