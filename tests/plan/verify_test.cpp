// SPDX-License-Identifier: MIT
// valid_plan trusts nothing: one number of a plan is changed, and either the plan is refused or it still computes the network.
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "random_network.hpp"

namespace {

using dsi::import::native_plan;
using planning::network;

/// What is changed in one way of breaking a plan. Returns the field's name, or "" when there is nothing to change.
class breaker {
 public:
  explicit breaker(unsigned seed) : random_(seed) {}

  std::string apply(native_plan& p) {
    switch (pick(5)) {
      case 0: return step(p);
      case 1: return operand(p);
      case 2: return weight(p);
      case 3: return buffer(p);
      default: return whole(p);
    }
  }

 private:
  int pick(int n) { return n > 0 ? static_cast<int>(random_() % static_cast<unsigned>(n)) : 0; }
  template <class T>
  T& one_of(std::vector<T>& v, int count) { return v[static_cast<std::size_t>(pick(count))]; }
  /// Near values, far ones and the ends of the type.
  template <class T>
  void change(T& x) {
    T const before = x;
    while (x == before) {
      switch (pick(8)) {
        case 0: case 1: x = static_cast<T>(before + 1); break;
        case 2: case 3: x = static_cast<T>(before - 1); break;
        case 4: x = static_cast<T>(before + 64); break;
        case 5: x = static_cast<T>(pick(20)); break;
        case 6: x = static_cast<T>(-1 - pick(3)); break;
        default: x = pick(2) == 0 ? std::numeric_limits<T>::max() : std::numeric_limits<T>::min(); break;
      }
    }
  }
  template <class E>
  void change_kind(E& e, int count) {
    E const before = e;
    while (e == before) e = static_cast<E>(pick(count));
  }

  std::string step(native_plan& p) {
    dsi::plan_step& s = one_of(p.steps, p.step_count);
    switch (pick(8)) {
      case 0: change_kind(s.kind, 3); return "step.kind";
      case 1: change(s.first_member); return "step.first_member";
      case 2: change(s.members); return "step.members";
      case 3: change(s.folded); return "step.folded";
      case 4: change(s.first_operand); return "step.first_operand";
      case 5: change(s.inputs); return "step.inputs";
      case 6: change(s.outputs); return "step.outputs";
      default: change(s.to_output); return "step.to_output";
    }
  }
  std::string operand(native_plan& p) {
    dsi::plan_operand& o = one_of(p.operands, p.operand_count);
    switch (pick(4)) {
      case 0: change(o.tensor); return "operand.tensor";
      case 1: change_kind(o.order, 4); return "operand.order";
      case 2: change(o.weight); return "operand.weight";
      default: std::swap(o, one_of(p.operands, p.operand_count)); return "operands swapped";
    }
  }
  std::string weight(native_plan& p) {
    if (p.weight_count == 0) return "";
    dsi::plan_weight& w = one_of(p.weights, p.weight_count);
    switch (pick(10)) {
      case 0: change(w.tensor); return "weight.tensor";
      case 1: change_kind(w.role, 4); return "weight.role";
      case 2: w.grouped = !w.grouped; return "weight.grouped";
      case 3: w.channels_last = !w.channels_last; return "weight.channels_last";
      case 4: w.bias = !w.bias; return "weight.bias";
      case 5:
        if (w.folds == 0) return "";  // without meaning then
        change(w.fold_first);
        return "weight.fold_first";
      case 6: change(w.folds); return "weight.folds";
      case 7: pick(2) == 0 ? change_kind(w.desc.order, 4) : change_kind(w.desc.type, 6); return "weight.desc";
      case 8: change(w.offset); return "weight.offset";
      default: change(w.bytes); return "weight.bytes";
    }
  }
  std::string buffer(native_plan& p) {
    dsi::plan_buffer& b = one_of(p.buffers, p.buffer_count);
    switch (pick(4)) {
      case 0: change_kind(b.where, 5); return "buffer.where";
      case 1: change(b.at); return "buffer.at";
      case 2: change(b.root); return "buffer.root";
      default: std::swap(b, one_of(p.buffers, p.buffer_count)); return "buffers swapped";
    }
  }
  std::string whole(native_plan& p) {
    switch (pick(8)) {
      case 0: change(p.arena_bytes); return "arena_bytes";
      case 1: change(p.weight_bytes); return "weight_bytes";
      case 2: --p.step_count; return "step_count";
      case 3: --p.member_count; return "member_count";
      case 4: --p.operand_count; return "operand_count";
      case 5: change(one_of(p.members, p.member_count)); return "member";
      case 6: std::swap(one_of(p.members, p.member_count), one_of(p.members, p.member_count)); return "members swapped";
      default: std::swap(one_of(p.steps, p.step_count), one_of(p.steps, p.step_count)); return "steps swapped";
    }
  }
  std::mt19937 random_;
};

bool same_weights(native_plan const& a, native_plan const& b) {
  auto const same = [](dsi::plan_weight const& x, dsi::plan_weight const& y) {
    return x.tensor == y.tensor && x.role == y.role && x.grouped == y.grouped && x.channels_last == y.channels_last && x.bias == y.bias && x.folds == y.folds &&
           (x.folds == 0 || x.fold_first == y.fold_first) && x.desc == y.desc && x.offset == y.offset && x.bytes == y.bytes;
  };
  if (a.weight_count != b.weight_count || a.weight_bytes != b.weight_bytes) return false;
  for (std::size_t i = 0; i < static_cast<std::size_t>(a.weight_count); ++i)
    if (!same(a.weights[i], b.weights[i])) return false;
  return true;
}

}  // namespace

TEST_CASE("a plan with one changed number is refused, unless it computes the same") {
  struct count {
    int tried = 0, refused = 0;
  };
  std::map<std::string, count> fields;
  for (unsigned seed = 1; seed <= 120; ++seed) {
    network const net(planning::random_network(seed).take());
    auto const expected = net.all();
    native_plan const good = dsi::import::make_native_plan(net.view(), dsi::plan_options{});
    REQUIRE(dsi::import::valid_native_plan(net.view(), good.view()));
    breaker breaks(seed);
    for (int i = 0; i < 600; ++i) {
      native_plan bad = good;
      std::string const field = breaks.apply(bad);
      if (field.empty()) continue;
      ++fields[field].tried;
      if (!dsi::import::valid_native_plan(net.view(), bad.view())) {
        ++fields[field].refused;
        continue;
      }
      INFO("seed " << seed << ", change " << i << ": " << field);
      CHECK(planning::carried_out(net, bad.view(), expected) == "");
      CHECK(same_weights(good, bad));
    }
  }
  for (auto const& [field, n] : fields) {
    INFO(field << ": " << n.refused << " of " << n.tried << " refused");
    CHECK(n.tried > 50);
    CHECK(n.refused > 0);
  }
  CHECK(fields.size() == 34);
}
