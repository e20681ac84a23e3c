/** The web layer over a migration that tells a story: real HTTP, real pages, no database. */
@org.jspecify.annotations.NullMarked
package dev.ferry.web;
