package dev.ferry.notification;

/** Takes messages to whoever wants them. */
public interface Notifier extends AutoCloseable {
    /**
     * Never waits for the receiver, never fails.
     *
     * @return false if too many are waiting; to be offered again later
     */
    boolean offer(Delivery delivery);

    /** Ends soon, whatever the receiver does; what is not delivered by then is not over. */
    @Override
    void close();

    /** Nobody wants them: each is over as soon as it is offered. */
    static Notifier off() {
        return new Notifier() {
            @Override
            public boolean offer(Delivery delivery) {
                delivery.over().run();
                return true;
            }

            @Override
            public void close() {}
        };
    }
}
