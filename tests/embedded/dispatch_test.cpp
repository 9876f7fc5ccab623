// SPDX-License-Identifier: MIT
// Which unit a dispatcher chooses: by the processor's features and by DSI_ISA, on tables made for the test.
#include <string>

#include <doctest/doctest.h>

#include <dsi/embedded_runtime.hpp>

namespace {

using namespace dsi::embed;

constexpr std::uint64_t v2 = x86_v2, v3 = v2 | x86_avx | x86_v3, v4 = v3 | x86_v4, v4_vnni = v4 | x86_vnni, v4_bf16 = v4_vnni | x86_bf16;

struct network_of_units {
  unit units[4];
  unit const* pointers[4];
  model table{};
  explicit network_of_units(std::initializer_list<unit> list) {
    int n = 0;
    for (unit const& u : list) {
      units[n] = u;
      pointers[n] = &units[n];
      ++n;
    }
    table.name = "net";
    table.units = pointers;
    table.unit_count = n;
  }
  std::string choose(std::uint64_t available, char const* limit = nullptr) const {
    int code = 0;
    char text[320]{};
    unit const* const u = detail::choose(table, available, limit, code, text, sizeof text);
    return u != nullptr ? u->isa : text;
  }
};
unit of(char const* isa, std::uint64_t features) {
  unit u;
  u.isa = isa;
  u.features = features;
  return u;
}

}  // namespace

TEST_CASE("the best unit that the processor has") {
  network_of_units const n{of("v2", v2), of("v3", v3), of("v4", v4), of("v4_bf16", v4_bf16)};
  CHECK(n.choose(v4_bf16 | x86_gfni) == "v4_bf16");
  CHECK(n.choose(v4_vnni) == "v4");
  CHECK(n.choose(v3) == "v3");
  CHECK(n.choose(v2 | x86_avx) == "v2");
  CHECK(n.choose(0) == "dsi: network net was compiled for v2 v3 v4 v4_bf16; this processor has the x86-64 baseline; add a lower ISA to dsi_add_model");
}

TEST_CASE("DSI_ISA lowers a named unit by its level") {
  network_of_units const n{of("v2", v2), of("v3", v3 | x86_gfni), of("v4", v4)};
  CHECK(n.choose(v4_bf16 | x86_gfni, "v4_bf16") == "v4");
  CHECK(n.choose(v4 | x86_gfni, "v3") == "v3");  // its user's own flags do not make it another level
  CHECK(n.choose(v4, "v3") == "v2");
  CHECK(n.choose(v4, "v2") == "v2");
  CHECK(n.choose(v4, "") == "v4");
  CHECK(n.choose(v4, "v5") == "dsi: network net: DSI_ISA=v5 is none of v2 v3 v4 v4_vnni v4_bf16; mend the environment variable or unset it");
  CHECK(network_of_units{of("v4", v4)}.choose(v4, "v3") ==
        "dsi: network net was compiled for v4; this processor has v4, and DSI_ISA=v3 allows no more; add a lower ISA to dsi_add_model");
}

TEST_CASE("DSI_ISA lowers a native unit by what it was built with") {
  network_of_units const wide{of("v2", v2), of("native", v4 | x86_vbmi)};
  CHECK(wide.choose(v4_bf16 | x86_vbmi) == "native");
  CHECK(wide.choose(v4_bf16 | x86_vbmi, "v3") == "v2");
  CHECK(wide.choose(v4_bf16 | x86_vbmi, "v4") == "v2");  // VBMI is beyond v4
  CHECK(wide.choose(v4_bf16 | x86_vbmi, "native") == "native");
  network_of_units const narrow{of("v2", v2), of("native", v3)};
  CHECK(narrow.choose(v4, "v3") == "native");
  CHECK(narrow.choose(v4, "v2") == "v2");
  // A unit's own name allows it and what stands before it.
  network_of_units const middle{of("v2", v2), of("native", v3), of("v4", v4)};
  CHECK(middle.choose(v4, "native") == "native");
  CHECK(middle.choose(v2, "native") == "v2");
}

TEST_CASE("this processor has what this file may use") {
  CHECK((compiled_features() & ~cpu_features()) == 0);
  CHECK(std::string(level_name(v4_vnni | x86_gfni)) == "v4_vnni");
  CHECK(std::string(level_name(v2 | x86_avx)) == "v2");
}
