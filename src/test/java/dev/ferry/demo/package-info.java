/** A shop to migrate: two embedded servers, the shop's rows and traffic, and the product on them as a process of its own. */
@org.jspecify.annotations.NullMarked
package dev.ferry.demo;
