package launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.OneNode;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/** Runs one real Elasticsearch node on loopback: {@code Main HOME HTTP_PORT}; prints {@code READY PORT} when it answers. */
public final class Main {
    public static void main(String[] args) throws Exception {
        LogConfigurator.configureESLogging();
        var home = Path.of(args[0]).toAbsolutePath();
        var settings = Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", home.resolve("data").toString())
            .put("path.logs", home.resolve("logs").toString())
            .put("cluster.name", "test").put("node.name", "test")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", args[1]).put("transport.port", "0")
            .put("transport.type", "netty4").put("http.type", "netty4")
            .put("node.store.allow_mmap", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("action.destructive_requires_name", false)
            .build();
        var node = OneNode.create(settings, List.of(Netty4Plugin.class, RootPlugin.class));
        node.start();
        var address = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress();
        var done = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (IOException e) {
                e.printStackTrace();
            }
            done.countDown();
        }));
        System.out.println("READY " + address.getPort());
        System.out.flush();
        done.await();
    }
}
