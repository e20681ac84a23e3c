package dev.ferry.verification;

/** Where a migration stands, as far as it decides what the target is to look like. */
public enum Moment {
    /** The target is a copy: triggers and rules are disabled, some constraints and the sequences' positions are to come. */
    BEFORE_SWITCH,
    /** The app writes to the target; foreign keys that the switch added may not be validated yet. */
    VALIDATING_FOREIGN_KEYS,
    /** The target is to be what the source was, in everything. */
    AFTER_SWITCH
}
