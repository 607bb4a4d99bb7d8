// SPDX-License-Identifier: MIT

import com.sun.net.httpserver.HttpServer;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** An HTTP server asked by its own clients, and what else Java programs do: prints "all is well". */
public class Service {
	private static void must(boolean holds, String what) {
		if (!holds)
			throw new AssertionError(what);
	}

	private static void serves() throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(8);
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
		server.createContext("/", exchange -> {
			exchange.sendResponseHeaders(200, 5);
			exchange.getResponseBody().write("hello".getBytes());
			exchange.close();
		});
		server.setExecutor(pool);
		server.start();
		HttpClient client = HttpClient.newHttpClient();
		HttpRequest request = HttpRequest.newBuilder(
			URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/")).build();
		List<Callable<String>> asked = new ArrayList<>();
		for (int i = 0; i < 100; i++)
			asked.add(() -> client.send(request, HttpResponse.BodyHandlers.ofString()).body());
		ExecutorService askers = Executors.newFixedThreadPool(8);
		for (Future<String> answer : askers.invokeAll(asked))
			must(answer.get().equals("hello"), "the answer");
		server.stop(0);
		askers.shutdown();
		pool.shutdown();
	}

	private static void usesFiles() throws Exception {
		Path directory = Files.createTempDirectory("java");
		Path file = directory.resolve("file");
		try (var watcher = FileSystems.getDefault().newWatchService()) {
			directory.register(watcher, StandardWatchEventKinds.ENTRY_CREATE);
			Files.write(file, new byte[100000]);
			must(watcher.poll(60, TimeUnit.SECONDS) != null, "the watcher");
		}
		try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw");
		     var lock = access.getChannel().lock()) {
			var mapped = access.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 100000);
			mapped.put(0, (byte) 1);
			mapped.force();
			access.getChannel().force(true);
		}
		Files.copy(file, directory.resolve("copy"));
		for (String name : new String[] {"file", "copy"})
			Files.delete(directory.resolve(name));
		Files.delete(directory);
	}

	public static void main(String[] arguments) throws Exception {
		serves();
		usesFiles();
		must(new ProcessBuilder("sh", "-c", "exit 3").start().waitFor() == 3, "the child");
		must(InetAddress.getByName("localhost").isLoopbackAddress(), "the address");
		must(NetworkInterface.getByName("lo") != null, "the interface");
		must(Runtime.getRuntime().availableProcessors() >= 1, "processors");
		byte[][] garbage = new byte[64][];
		for (int i = 0; i < 4000; i++)
			garbage[i % 64] = new byte[200000];
		System.gc();
		System.out.println("all is well");
	}
}
