// SPDX-License-Identifier: MIT
// Why dsi has no operator of some name, and what to do.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <dsi/import/explain.hpp>
#include <dsi/import/inputs.hpp>

namespace DSI_NAMESPACE::import::detail {

/// An operator that the table does not hold.
inline explanation why_missing(std::string_view type, std::string_view domain) {
  if (!domain.empty()) return {"operators of domain " + in_quotes(domain) + " are not part of ONNX", "export the model without it, or rewrite the node with standard operators"};
  static constexpr std::string_view random[]{"Bernoulli", "Multinomial", "RandomNormal", "RandomUniform"};
  auto const has = [type](std::string_view part) { return type.find(part) != std::string_view::npos; };
  std::string const name = "dsi has no operator " + harmless(type);
  if (has("Sequence") || has("Optional")) return {name + ": it works on sequences or optionals, and dsi passes tensors only", "export the model without them: tensors of fixed shapes instead"};
  if (has("String") || has("Regex")) return {name + ": it works on strings, and dsi passes numbers only", "do this step before the network"};
  for (std::string_view r : random)
    if (type.substr(0, r.size()) == r) return {name + ": its result is random", "make the random numbers an input of the network"};
  if (has("Loss") || has("Gradient") || type == "Adam" || type == "Adagrad" || type == "Momentum") return {name + ": it is for training", "export the model for inference"};
  for (std::string_view counts : {"Unique", "Compress", "NonMaxSuppression"})
    if (type == counts) return {name + ": the shape of its result depends on values at run time", "end the network before it, and do this step on its outputs"};
  return {name, "export the model without it, or rewrite the node with standard operators"};
}

}  // namespace DSI_NAMESPACE::import::detail
