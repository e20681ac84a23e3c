/**
 * What a user lives through, told through the front door: the jar as a process, its HTTP API, signals, and a look at both
 * databases that shares nothing with the product.
 */
@org.jspecify.annotations.NullMarked
package dev.ferry.story;
