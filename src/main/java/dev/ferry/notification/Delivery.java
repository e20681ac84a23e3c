package dev.ferry.notification;

import java.util.function.BooleanSupplier;

/**
 * A message on its way.
 *
 * @param due asked just before it is sent: nobody else has sent it meanwhile
 * @param over called once it was delivered, or was given up after the last try; not if the process ends before
 */
public record Delivery(Notice notice, BooleanSupplier due, Runnable over) {}
