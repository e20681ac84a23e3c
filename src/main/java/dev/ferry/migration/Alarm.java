package dev.ferry.migration;

import dev.ferry.notification.Milestone;

/** A trouble that is told of once, and again only after it was over. */
enum Alarm {
    LAG(Milestone.LAG_HIGH, Milestone.LAG_RECOVERED),
    LOG(Milestone.LOG_LARGE, Milestone.LOG_RECOVERED),
    STALL(Milestone.STALLED, Milestone.STALL_OVER);

    private final Milestone raised;
    private final Milestone over;

    Alarm(Milestone raised, Milestone over) {
        this.raised = raised;
        this.over = over;
    }

    Milestone raised() {
        return raised;
    }

    Milestone over() {
        return over;
    }
}
