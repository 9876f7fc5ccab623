// SPDX-License-Identifier: MIT
// A network in a library of another kind: NET is its name.
#define TEXT_OF(Name) #Name
#define HEADER_OF(Name) TEXT_OF(Name.hpp)
#include HEADER_OF(NET)

#define JOIN_(A, B) A##B
#define JOIN(A, B) JOIN_(A, B)

float JOIN(through_, NET)(float x) {
  NET::net net;
  net.input<0>()[0] = x;
  net.run();
  return net.output<0>()[0];
}
