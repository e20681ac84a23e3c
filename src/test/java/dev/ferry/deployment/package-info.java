/** The files with which Ferry reaches its users: the image, and what Heroku reads. */
@org.jspecify.annotations.NullMarked
package dev.ferry.deployment;
