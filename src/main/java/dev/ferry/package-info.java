/** Ferry: moves a live Heroku Postgres database to PlanetScale Postgres while the app keeps running. */
@org.jspecify.annotations.NullMarked
package dev.ferry;
