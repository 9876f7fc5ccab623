// SPDX-License-Identifier: MIT
// Eigen views of dsi's tensors, and Eigen expressions as inputs. Optional: include it where Eigen is used.
#pragma once

#include <Eigen/Core>

#include <span>
#include <type_traits>

#include <dsi/core/types.hpp>

namespace DSI_NAMESPACE::interop {

/// A row-major matrix view of flat memory, as ONNX lays tensors out. Rows * Columns elements.
template <int Rows, int Columns, class T>
using matrix_view = Eigen::Map<std::conditional_t<std::is_const_v<T>, Eigen::Matrix<std::remove_const_t<T>, Rows, Columns, Columns == 1 ? Eigen::ColMajor : Eigen::RowMajor> const,
                                                  Eigen::Matrix<T, Rows, Columns, Columns == 1 ? Eigen::ColMajor : Eigen::RowMajor>>>;

/// The elements of a span as a matrix: as_matrix<8, 8>(net.input<0>()).
template <int Rows, int Columns, class T, std::size_t N>
auto as_matrix(std::span<T, N> elements) {
  static_assert(N == std::dynamic_extent || N == static_cast<std::size_t>(Rows) * static_cast<std::size_t>(Columns),
                "dsi::interop::as_matrix: Rows * Columns differs from the tensor's number of elements; correct one of them");
  DSI_CHECK(static_cast<index>(elements.size()) == index{Rows} * Columns, "as_matrix: Rows * Columns differs from the number of elements");
  return matrix_view<Rows, Columns, T>(elements.data());
}

/// The elements of a span as a column vector.
template <class T, std::size_t N>
auto as_vector(std::span<T, N> elements) {
  if constexpr (N == std::dynamic_extent) {
    using vector = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>;
    return Eigen::Map<std::conditional_t<std::is_const_v<T>, vector const, vector>>(elements.data(), static_cast<Eigen::Index>(elements.size()));
  } else {
    return matrix_view<static_cast<int>(N), 1, T>(elements.data());
  }
}

/// Evaluates an Eigen expression into a tensor, row by row: assign(net.input<0>(), (image.array() - mean) / deviation).
/// The expression must have as many elements as the tensor; it is evaluated in place, without a temporary.
template <class T, std::size_t N, class Derived>
void assign(std::span<T, N> to, Eigen::DenseBase<Derived> const& expression) {
  constexpr auto size = Derived::SizeAtCompileTime;
  static_assert(size == Eigen::Dynamic || N == std::dynamic_extent || static_cast<std::size_t>(size) == N,
                "dsi::interop::assign: the expression and the tensor have different numbers of elements; correct one of them");
  DSI_CHECK(static_cast<std::size_t>(expression.size()) == to.size(), "assign: the expression and the tensor have different numbers of elements");
  using vector_or_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  if constexpr (Derived::IsVectorAtCompileTime) {
    auto view = as_vector(to);
    if constexpr (Derived::RowsAtCompileTime == 1) view.transpose() = expression.derived().template cast<T>().matrix();
    else view = expression.derived().template cast<T>().matrix();
  } else {
    Eigen::Map<vector_or_matrix>(to.data(), expression.rows(), expression.cols()) = expression.derived().template cast<T>().matrix();
  }
}

}  // namespace DSI_NAMESPACE::interop
