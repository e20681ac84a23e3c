/** The dashboard, the JSON API and who may use them. */
@org.jspecify.annotations.NullMarked
package dev.ferry.web;
