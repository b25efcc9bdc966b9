/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka's command line tools in one JVM, asked by lines of JSON on stdin, which may come before the
 * answers to others:
 *   {"id", "main": CLASS, "arguments": [TEXT], "input": TEXT}
 *       ->  {"id", "status", "out", "err"}        once the tool has ended
 * Each tool runs in a thread of its own, and what that thread and those that it starts write and read is
 * the tool's standard output and input. */
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.utils.Exit;

public class KafkaTools {
    static final ObjectMapper JSON = new ObjectMapper();
    static final PrintStream ANSWERS = System.out;
    static final Map<String, Object> LOCKS = new ConcurrentHashMap<>(); // tools count in static variables
    static final InheritableThreadLocal<Run> CURRENT = new InheritableThreadLocal<>();

    static class Run {
        final ByteArrayOutputStream out = new ByteArrayOutputStream(), err = new ByteArrayOutputStream();
        final InputStream in;
        final List<Runnable> hooks = new CopyOnWriteArrayList<>(); // of its end
        volatile Integer status; // once it wanted to end

        Run(String input) {
            in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** In the place of the end of the process. Some tools catch it; what they say then is dropped. */
    static class Ended extends Error {
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.setOut(new PrintStream(new Output(false), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new Output(true), true, StandardCharsets.UTF_8));
        System.setIn(new Input());
        Exit.setExitProcedure((status, message) -> end(status));
        Exit.setHaltProcedure((status, message) -> end(status));
        Exit.setShutdownHookAdder((name, hook) -> CURRENT.get().hooks.add(hook));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            JsonNode question = JSON.readTree(line);
            new Thread(() -> answer(question)).start();
        }
        Runtime.getRuntime().halt(0);
    }

    static void end(int status) {
        Run run = CURRENT.get();
        if (run.status == null)
            run.status = status;
        throw new Ended();
    }

    static void answer(JsonNode question) {
        Run run = new Run(question.get("input").textValue());
        CURRENT.set(run);
        ObjectNode answer = JSON.createObjectNode();
        synchronized (LOCKS.computeIfAbsent(question.get("main").textValue(), name -> new Object())) {
            answer.put("status", status(question, run));
            run.hooks.forEach(Runnable::run); // the console producer sends what it still has
            if (question.get("main").textValue().endsWith(".VerifiableProducer"))
                runHooksOfJava();
        }
        answer.set("id", question.get("id"));
        answer.put("out", run.out.toString(StandardCharsets.UTF_8));
        answer.put("err", run.err.toString(StandardCharsets.UTF_8));
        synchronized (ANSWERS) {
            ANSWERS.println(answer);
            ANSWERS.flush();
        }
    }

    /** VerifiableProducer does not ask Kafka's Exit; it says there what it has done. */
    static void runHooksOfJava() {
        try {
            Field field = Class.forName("java.lang.ApplicationShutdownHooks").getDeclaredField("hooks");
            field.setAccessible(true);
            for (Object hook : List.copyOf(((Map<?, ?>) field.get(null)).keySet()))
                if (hook instanceof Thread thread && thread.getName().startsWith("verifiable-producer")
                        && Runtime.getRuntime().removeShutdownHook(thread)) {
                    thread.start();
                    thread.join();
                }
        } catch (ReflectiveOperationException | InterruptedException fault) {
            throw new IllegalStateException(fault);
        }
    }

    static int status(JsonNode question, Run run) {
        String[] words = StreamSupport.stream(question.get("arguments").spliterator(), false)
            .map(JsonNode::textValue).toArray(String[]::new);
        try {
            Class.forName(question.get("main").textValue()).getMethod("main", String[].class)
                .invoke(null, (Object) words);
            return run.status == null ? 0 : run.status;
        } catch (InvocationTargetException thrown) {
            thrown.getCause().printStackTrace();
            return run.status == null ? 1 : run.status;
        } catch (ReflectiveOperationException missing) {
            missing.printStackTrace();
            return -1;
        }
    }

    static class Output extends OutputStream {
        final boolean errors;

        Output(boolean errors) {
            this.errors = errors;
        }

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            Run run = CURRENT.get();
            if (run != null && run.status == null)
                (errors ? run.err : run.out).write(bytes, from, count);
        }
    }

    static class Input extends InputStream {
        @Override
        public int read() throws IOException {
            Run run = CURRENT.get();
            return run == null ? -1 : run.in.read();
        }

        @Override
        public int read(byte[] bytes, int from, int count) throws IOException {
            Run run = CURRENT.get();
            return run == null ? -1 : run.in.read(bytes, from, count);
        }
    }
}
