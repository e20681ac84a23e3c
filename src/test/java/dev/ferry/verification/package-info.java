@org.jspecify.annotations.NullMarked
package dev.ferry.verification;
