package dev.ferry.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateHostsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LocalHost",
                "shop.localhost",
                "127.0.0.1",
                "127.8.9.10",
                "10.0.0.1",
                "10.255.255.255",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.4",
                "169.254.1.1",
                "::1",
                "0:0:0:0:0:0:0:1",
                "fc00::1",
                "fdff::7",
                "fe80::1",
                "fe80::1%eth7",
                "::ffff:10.0.0.1",
                "db",
                "my_db",
                "postgres-16",
                "1db",
                "db.internal",
                "ip-10-0-0-1.ec2.internal",
                "POSTGRES.RAILWAY.INTERNAL",
                "postgres.default.svc.cluster.local",
            })
    void areHostsOfAMachineOrANetworkOfOnesOwn(String host) {
        assertThat(PrivateHosts.contain(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.1",
                "172.15.255.255",
                "172.32.0.1",
                "192.167.1.1",
                "192.169.1.1",
                "169.253.1.1",
                "100.64.0.1",
                "0.0.0.0",
                "128.0.0.1",
                "010.1.1.1",
                "10.1",
                "10.0.0.256",
                "127.0.0.1.example.org",
                "134744072",
                "0x08080808",
                "0X7f000001",
                "::",
                "fbff::1",
                "fe00::1",
                "2001:db8::5",
                "::ffff:8.8.8.8",
                "1:2",
                "db.example.org",
                "localhost.example.org",
                "internal.example.org",
                "notinternal.com",
                "ec2-10-0-0-1.compute-1.amazonaws.com",
                "aws.connect.psdb.cloud",
            })
    void areNeitherPublicNorDoubtful(String host) {
        assertThat(PrivateHosts.contain(host)).isFalse();
    }
}
