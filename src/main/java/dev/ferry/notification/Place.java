package dev.ferry.notification;

import dev.ferry.database.DatabaseUrl;
import org.jspecify.annotations.Nullable;

/**
 * Which migration a message is about.
 *
 * @param source host, port and database
 * @param target host, port and database
 * @param branch of PlanetScale; null where the user's name holds none
 */
public record Place(String source, String target, @Nullable String branch) {
    public static Place between(DatabaseUrl source, DatabaseUrl target) {
        return new Place(source.toString(), target.toString(), branchOf(target.user()));
    }

    /** PlanetScale's users are called {@code role.branch}, or {@code role.branch|pool} for one of its poolers. */
    static @Nullable String branchOf(String user) {
        int bar = user.indexOf('|');
        String name = bar < 0 ? user : user.substring(0, bar);
        int dot = name.lastIndexOf('.');
        return dot < 0 || dot == name.length() - 1 ? null : name.substring(dot + 1);
    }
}
