package dev.ferry;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** The shape of the code: arrows point down, from web over migration and its steps to the database. */
class StructureTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.ferry");

    private static final JavaClasses TESTS = new ClassFileImporter()
            .withImportOption(new ImportOption.OnlyIncludeTests())
            .importPackages("dev.ferry");

    private static final JavaClasses ALL = new ClassFileImporter().importPackages("dev.ferry");

    private static final String[] STEPS = {
        "dev.ferry.preflight..",
        "dev.ferry.schema..",
        "dev.ferry.capture..",
        "dev.ferry.copy..",
        "dev.ferry.sync..",
        "dev.ferry.cutover..",
        "dev.ferry.notification..",
        "dev.ferry.verification.."
    };

    private static final String[] GROUND = {
        "dev.ferry.rows..", "dev.ferry.database..", "dev.ferry.failure..", "dev.ferry.journal.."
    };

    @Test
    void arrowsPointDown() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("start")
                .definedBy("dev.ferry")
                .layer("web")
                .definedBy("dev.ferry.web..")
                .layer("migration")
                .definedBy("dev.ferry.migration..")
                .layer("steps")
                .definedBy(STEPS)
                .layer("ground")
                .definedBy(GROUND)
                .whereLayer("start")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("web")
                .mayOnlyBeAccessedByLayers("start")
                .whereLayer("migration")
                .mayOnlyBeAccessedByLayers("start", "web")
                .whereLayer("steps")
                .mayOnlyBeAccessedByLayers("start", "web", "migration")
                .check(MAIN);
    }

    @Test
    void everyPackageHasItsPlaceInTheLayers() {
        classes()
                .that()
                .resideOutsideOfPackages(STEPS)
                .and()
                .resideOutsideOfPackages(GROUND)
                .should()
                .resideInAnyPackage("dev.ferry", "dev.ferry.web..", "dev.ferry.migration..")
                .check(MAIN);
    }

    @Test
    void packagesFormNoCycles() {
        slices().matching("dev.ferry.(*)..").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void testsAndDemoStayOutOfTheProduct() {
        noClasses()
                .should()
                .resideInAnyPackage("dev.ferry.testing..", "dev.ferry.demo..")
                .check(MAIN);
    }

    @Test
    void everyPackageIsNullMarked() {
        classes().should(resideInANullMarkedPackage()).check(ALL);
    }

    @Test
    void namesSayWhatAClassIs() {
        for (String ending : new String[] {"Impl", "Manager", "Helper", "Util", "Utils"}) {
            noClasses().should().haveSimpleNameEndingWith(ending).check(ALL);
        }
    }

    /** Only the start itself talks to the terminal: it says what is missing before there is a log. */
    @Test
    void theProductLogsThroughSlf4jAlone() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.ferry")
                .should(ACCESS_STANDARD_STREAMS)
                .check(MAIN);
        noClasses().should(USE_JAVA_UTIL_LOGGING).check(MAIN);
    }

    @Test
    void testsWaitForFactsAndNotForTime() {
        noClasses().should().callMethod(Thread.class, "sleep", long.class).check(TESTS);
        noClasses()
                .should()
                .callMethod(Thread.class, "sleep", long.class, int.class)
                .check(TESTS);
    }

    @Test
    void testsMockNothingAndSkipNothing() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.mockito..", "org.easymock..")
                .check(TESTS);
        noMethods().should().beAnnotatedWith(Disabled.class).check(TESTS);
        noClasses().should().beAnnotatedWith(Disabled.class).check(TESTS);
    }

    private static ArchCondition<JavaClass> resideInANullMarkedPackage() {
        return new ArchCondition<>("reside in a package with @NullMarked") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                events.add(new SimpleConditionEvent(
                        item,
                        item.getPackage().isAnnotatedWith(NullMarked.class),
                        item.getPackageName() + " has no package-info with @NullMarked"));
            }
        };
    }
}
