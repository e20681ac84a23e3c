package dev.ferry.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A network between a client and a server that fails on command. It listens on a loopback port of its own and passes
 * bytes on to the server until told otherwise.
 */
public final class FaultyProxy implements AutoCloseable {
    private static final int BUFFER = 16 * 1024;

    private final String serverHost;
    private final int serverPort;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object lock = new Object();
    private @Nullable ServerSocket listener;
    private Thread accepting;
    private boolean blackHole;
    private boolean closed;
    private volatile Duration delayToServer = Duration.ZERO;
    private volatile Duration delayToClient = Duration.ZERO;
    private volatile long bytesPerSecond = Long.MAX_VALUE;

    private FaultyProxy(String serverHost, int serverPort) {
        this.serverHost = serverHost;
        this.serverPort = serverPort;
        ServerSocket first = listen(0);
        this.listener = first;
        this.port = first.getLocalPort();
        this.accepting = accept(first);
    }

    /** In front of a test server. */
    public static FaultyProxy before(PostgresServer server) {
        return new FaultyProxy("localhost", server.port());
    }

    public static FaultyProxy before(String host, int port) {
        return new FaultyProxy(host, port);
    }

    public int port() {
        return port;
    }

    /** The database's URL with the proxy's address in place of the server's. */
    public String url(TestDatabase database) {
        return database.url().replace("@localhost:" + database.server().port() + "/", "@localhost:" + port + "/");
    }

    /** Ends every connection at once with a reset, as a crashed router does. New ones are still accepted. */
    public void cutAll() {
        for (Socket socket : sockets) {
            try {
                socket.setSoLinger(true, 0);
            } catch (SocketException e) {
                // Closed already, by one of its ends.
            } finally {
                close(socket);
            }
        }
    }

    /** New connections are refused until {@link #resume()}; open ones live on. */
    public void refuse() {
        synchronized (lock) {
            close(listener);
            listener = null;
        }
        try {
            accepting.join(); // until then the kernel may still complete a handshake
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nothing passes in either direction, nothing is answered and nothing ends, until {@link #resume()}. */
    public void blackHole() {
        synchronized (lock) {
            blackHole = true;
        }
    }

    /** Waits so long before passing on each piece of a stream. */
    public void delay(Duration toServer, Duration toClient) {
        delayToServer = toServer;
        delayToClient = toClient;
    }

    /** Bounds each direction of each connection. */
    public void limit(long newBytesPerSecond) {
        bytesPerSecond = newBytesPerSecond;
    }

    /** The network is whole again: what was held back arrives, new connections are accepted, nothing is slowed. */
    public void resume() {
        delay(Duration.ZERO, Duration.ZERO);
        limit(Long.MAX_VALUE);
        synchronized (lock) {
            blackHole = false;
            lock.notifyAll();
            if (listener == null && !closed) {
                ServerSocket next = listen(port);
                listener = next;
                accepting = accept(next);
            }
        }
    }

    /** Connections that pass through now, counted once. */
    public int connections() {
        return (sockets.size() + 1) / 2;
    }

    private static ServerSocket listen(int port) {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException("proxy cannot listen on port " + port, e);
        }
    }

    private Thread accept(ServerSocket server) {
        return start("accept", () -> {
            while (!server.isClosed()) {
                try {
                    Socket client = server.accept();
                    sockets.add(client);
                    start("connect", () -> connect(client));
                } catch (IOException e) {
                    return; // refused from here on
                }
            }
        });
    }

    private void connect(Socket client) {
        try {
            awaitPassage();
            Socket server = new Socket(serverHost, serverPort);
            sockets.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            start("to-server", () -> pump(client, server, true));
            pump(server, client, false);
        } catch (IOException e) {
            close(client);
        }
    }

    private void pump(Socket from, Socket to, boolean toServer) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            for (int read = input.read(buffer); read >= 0; read = input.read(buffer)) {
                Duration delay = toServer ? delayToServer : delayToClient;
                if (!delay.isZero()) {
                    LockSupport.parkNanos(delay.toNanos());
                }
                if (bytesPerSecond < Long.MAX_VALUE) {
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(read) / bytesPerSecond);
                }
                awaitPassage();
                output.write(buffer, 0, read);
            }
            awaitPassage();
        } catch (IOException e) {
            // One side is gone: the other hears of it below, as from a real network.
        } finally {
            close(from);
            close(to);
        }
    }

    private void awaitPassage() throws IOException {
        synchronized (lock) {
            while (blackHole && !closed) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException(e);
                }
            }
        }
    }

    private static Thread start(String name, Runnable work) {
        Thread thread = new Thread(work, "proxy-" + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void close(@Nullable AutoCloseable socket) {
        if (socket == null) {
            return;
        }
        try {
            socket.close();
        } catch (Exception e) {
            System.out.println("proxy: " + e.getMessage());
        } finally {
            sockets.remove(socket);
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            blackHole = false;
            lock.notifyAll();
            close(listener);
            listener = null;
        }
        cutAll();
    }
}
