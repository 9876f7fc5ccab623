// SPDX-License-Identifier: MIT
// What the generated header S.hpp builds on: S::net and S::weights as thin classes over the dispatcher's table.
//
// The user's own files may be compiled with different flags, so each function here is always inlined: none becomes a
// symbol that the linker shares between them. The work is done in the dispatcher, which is compiled once.
#pragma once

#include <exception>
#include <span>

#include <dsi/core/fixed_string.hpp>
#include <dsi/core/result.hpp>
#include <dsi/core/type_pack.hpp>
#include <dsi/embedded.hpp>
#include <dsi/numeric/half.hpp>

namespace dsi::embed {

/// Thrown by constructors, where exceptions are on, when a network cannot run on this machine or has no good weights.
class error : public std::exception {
 public:
  DSI_INLINE explicit error(char const* text) noexcept {
    std::size_t i = 0;
    for (; text[i] != '\0' && i + 1 < sizeof(text_); ++i) text_[i] = text[i];
    text_[i] = '\0';
  }
  char const* what() const noexcept override { return text_; }

 private:
  char text_[320];
};

namespace detail {

/// The text of a failed call, in place.
struct outcome {
  int code = 0;
  char text[320] = "";

  DSI_INLINE failure to_failure() const { return {static_cast<errc>(code - 1), message(std::string_view(text))}; }
  [[noreturn]] DSI_INLINE void raise([[maybe_unused]] model const& m) const {
#if defined(__cpp_exceptions)
    if (code == 1 + static_cast<int>(errc::out_of_memory)) throw std::bad_alloc();
    throw error(text);
#else
    m.end(text);
    __builtin_trap();
#endif
  }
};

/// The value of a pointer changes hands.
template <class T>
DSI_INLINE T* taken(T*& from) {
  T* const p = from;
  from = nullptr;
  return p;
}

}  // namespace detail

/// One input or output: its name, element type and number of elements.
template <fixed_string Name, class T, std::size_t Size>
struct port {
  using type = T;
  static constexpr std::size_t size = Size;
  static constexpr std::string_view name = Name.view();
};

/// The inputs or the outputs of a network, in ONNX's order.
template <class... Ports>
struct ports {
  static constexpr int count = sizeof...(Ports);

  /// The number of the port with this name, or -1.
  static constexpr int find(std::string_view name) {
    int i = 0, found = -1;
    ((Ports::name == name && found < 0 ? found = i : 0, ++i), ...);
    return found;
  }

  template <int I>
  using at = type_at<type_pack<Ports...>, I>;
};

/// Checked weights from outside the binary, for S::net n{w} and n.bind(w). They outlive every net that uses them.
template <class Table>
class weights {
 public:
  /// Copies the bytes and checks the copy: length, checksum, structure hash, layout ids, finite values.
  static DSI_INLINE result<weights> load(std::span<std::byte const> bytes) { return from(bytes, true); }

  /// The same without a copy: the bytes must start at a multiple of 64, as mapped files do, and outlive the weights.
  static DSI_INLINE result<weights> view(std::span<std::byte const> bytes) { return from(bytes, false); }

  DSI_INLINE weights(weights&& other) noexcept
      : blob_(detail::taken(other.blob_)), size_(other.size_), owned_(detail::taken(other.owned_)) {}
  DSI_INLINE weights& operator=(weights&& other) noexcept {
    if (this != &other) {
      Table::get().release(owned_);
      blob_ = detail::taken(other.blob_);
      size_ = other.size_;
      owned_ = detail::taken(other.owned_);
    }
    return *this;
  }
  DSI_INLINE ~weights() { Table::get().release(owned_); }

  DSI_INLINE void const* data() const noexcept { return blob_; }
  DSI_INLINE std::size_t size() const noexcept { return size_; }

 private:
  DSI_INLINE weights(void const* blob, std::size_t size, void const* owned) : blob_(blob), size_(size), owned_(owned) {}

  static DSI_INLINE result<weights> from(std::span<std::byte const> bytes, bool copy) {
    void const* blob = nullptr;
    detail::outcome o;
    o.code = Table::get().load(&Table::get(), bytes.data(), bytes.size(), copy, &blob, o.text, sizeof(o.text));
    if (o.code != 0) return o.to_failure();
    return weights(blob, bytes.size(), copy ? blob : nullptr);
  }

  void const* blob_;
  std::size_t size_;
  void const* owned_;
};

/// A network in memory: arena, state, threads and its own input and output buffers, in one allocation made at
/// construction. Movable; a moved-from net may only be assigned to or destroyed. One thread at a time runs a net.
///
/// Self is the generated class, Table::get() the dispatcher's table, Which the number among its batch sizes.
template <class Self, class Table, int Which, class Inputs, class Outputs, std::size_t StateBytes, bool Embedded>
class net {
  template <fixed_string Name>
  static constexpr int input_named = Inputs::find(Name.view());
  template <fixed_string Name>
  static constexpr int output_named = Outputs::find(Name.view());

 public:
  using weights_type = weights<Table>;
  static constexpr std::size_t state_bytes = StateBytes;
  static constexpr int input_count = Inputs::count;
  static constexpr int output_count = Outputs::count;

  /// Uses the weights in the binary. Throws std::bad_alloc, or dsi::embed::error when this processor has none of the
  /// network's instruction sets; under -fno-exceptions the program ends with a message instead.
  DSI_INLINE net() requires Embedded { open_or_raise(nullptr, 0); }
  /// Uses w, which outlives the net or its next bind().
  DSI_INLINE explicit net(weights_type const& w) { open_or_raise(w.data(), w.size()); }
  DSI_INLINE explicit net(weights_type&&) = delete;

  /// The same, with errors as values.
  static DSI_INLINE result<Self> create() requires Embedded { return make(nullptr, 0); }
  static DSI_INLINE result<Self> create(weights_type const& w) { return make(w.data(), w.size()); }

  DSI_INLINE net(net&& other) noexcept : instance_(detail::taken(other.instance_)) {}
  DSI_INLINE net& operator=(net&& other) noexcept {
    if (this != &other) {
      Table::get().close(instance_);
      instance_ = detail::taken(other.instance_);
    }
    return *this;
  }
  DSI_INLINE ~net() { Table::get().close(instance_); }

  /// Runs on the net's own memory: input<I>() -> output<I>().
  DSI_INLINE void run() noexcept { call(instance_->inputs, instance_->outputs); }

  /// The net's own memory of an input or output, by number or by its ONNX name. Contents stay between runs.
  template <int I>
  DSI_INLINE auto input() noexcept {
    static_assert(0 <= I && I < Inputs::count, "dsi: the network has fewer inputs; see the list in its generated header");
    using port_type = typename Inputs::template at<I>;
    using type = typename port_type::type;
    return std::span<type, port_type::size>(static_cast<type*>(const_cast<void*>(instance_->inputs[I])), port_type::size);
  }
  template <int I>
  DSI_INLINE auto output() noexcept {
    static_assert(0 <= I && I < Outputs::count, "dsi: the network has fewer outputs; see the list in its generated header");
    using port_type = typename Outputs::template at<I>;
    using type = typename port_type::type;
    return std::span<type, port_type::size>(static_cast<type*>(instance_->outputs[I]), port_type::size);
  }
  template <fixed_string Name>
  DSI_INLINE auto input() noexcept {
    static_assert(input_named<Name> >= 0, "dsi: the network has no input of this name; see the list in its generated header");
    return input<input_named<Name>>();
  }
  template <fixed_string Name>
  DSI_INLINE auto output() noexcept {
    static_assert(output_named<Name> >= 0, "dsi: the network has no output of this name; see the list in its generated header");
    return output<output_named<Name>>();
  }

  /// Runs on the net's own memory and calls f(dsi::embed::event const&) after each fusion group. f throws nothing.
  template <class F>
  DSI_INLINE void observe(F&& f) noexcept { call_observed(f, instance_->inputs, instance_->outputs); }

  /// Other weights from the next run on; state is kept. Not during a run. w outlives the net or its next bind().
  DSI_INLINE void bind(weights_type const& w) noexcept { Table::get().bind(instance_, w.data(), w.size()); }
  DSI_INLINE void bind(weights_type&&) = delete;

  /// State of recurrent and streaming layers. Saved bytes fit any net of the same network, on any instruction set.
  DSI_INLINE void reset() noexcept { Table::get().reset(instance_); }
  DSI_INLINE void save(std::span<std::byte, StateBytes> to) const noexcept {
    if constexpr (StateBytes > 0) __builtin_memcpy(to.data(), instance_->state, StateBytes);
  }
  DSI_INLINE void restore(std::span<std::byte const, StateBytes> from) noexcept {
    if constexpr (StateBytes > 0) __builtin_memcpy(instance_->state, from.data(), StateBytes);
  }

  /// Puts spinning helper threads to sleep between runs, and wakes them. Both may make system calls.
  DSI_INLINE void park() noexcept { Table::get().park(instance_, true); }
  DSI_INLINE void unpark() noexcept { Table::get().park(instance_, false); }

  /// The instruction set in use: "v3", "v4_vnni", "aarch64" ...
  DSI_INLINE std::string_view isa() const noexcept { return instance_->chosen->isa; }
  /// Sizes, MACs and the inputs' and outputs' descriptions.
  DSI_INLINE network const& info() const noexcept { return *instance_->net; }
  DSI_INLINE std::size_t weight_bytes() const noexcept { return instance_->blob_size; }
  /// Bytes of the one allocation.
  DSI_INLINE std::size_t memory_bytes() const noexcept { return instance_->bytes; }

 protected:
  DSI_INLINE void call(void const* const* in, void* const* out) noexcept {
    instance const* const i = instance_;
    i->run(i->blob, i->arena, i->state, i->threads, in, out);
  }
  template <class F>
  DSI_INLINE void call_observed(F& f, void const* const* in, void* const* out) noexcept {
    instance const* const i = instance_;
    i->net->run_observed(
        i->blob, i->arena, i->state, i->threads, in, out,
        [](void* user, event const* seen) { (*static_cast<std::remove_reference_t<F>*>(user))(*seen); },
        const_cast<void*>(static_cast<void const volatile*>(&f)));
  }

 private:
  DSI_INLINE int open(void const* blob, std::size_t size, detail::outcome& o) {
    o.code = Table::get().open(&Table::get(), Which, blob, size, &instance_, o.text, sizeof(o.text));
    return o.code;
  }
  DSI_INLINE void open_or_raise(void const* blob, std::size_t size) {
    detail::outcome o;
    if (open(blob, size, o) != 0) o.raise(Table::get());
  }
  struct empty {};
  DSI_INLINE explicit net(empty) noexcept {}
  static DSI_INLINE result<Self> make(void const* blob, std::size_t size) {
    Self made{empty{}};
    detail::outcome o;
    if (made.open(blob, size, o) != 0) return o.to_failure();
    return made;
  }

  instance* instance_ = nullptr;
};

}  // namespace dsi::embed
