/** Messages about a migration's milestones to a webhook. Whoever waits for nothing here is never held up by it. */
@org.jspecify.annotations.NullMarked
package dev.ferry.notification;
