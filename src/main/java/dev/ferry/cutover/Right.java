package dev.ferry.cutover;

import dev.ferry.database.Identifiers;
import dev.ferry.database.TableName;

/**
 * One right to write, as aclexplode shows it.
 *
 * @param kind table, column or sequence
 * @param column empty unless kind is column
 * @param grantee empty for PUBLIC
 */
record Right(
        String kind,
        TableName object,
        String column,
        String grantor,
        String grantee,
        String privilege,
        boolean grantable) {

    String granteeSql() {
        return grantee.isEmpty() ? "PUBLIC" : Identifiers.quote(grantee);
    }

    private String target() {
        return (kind.equals("sequence") ? "SEQUENCE " : "TABLE ") + object.sql();
    }

    String privilegeSql() {
        return column.isEmpty() ? privilege : privilege + " (" + Identifiers.quote(column) + ")";
    }

    String revoke() {
        return "REVOKE %s ON %s FROM %s".formatted(privilegeSql(), target(), granteeSql());
    }

    String grant() {
        return "GRANT %s ON %s TO %s%s"
                .formatted(privilegeSql(), target(), granteeSql(), grantable ? " WITH GRANT OPTION" : "");
    }
}
