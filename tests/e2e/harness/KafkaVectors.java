/* SPDX-License-Identifier: Apache-2.0
 *
 * Kafka's own codecs, asked by lines on stdin, one answer a line:
 *   message NAME VERSION JSON     ->  HEX tab JSON tab JSON
 *       a message of org.apache.kafka.common.message; as that version has it, and as the latest,
 *       which shows the defaults of fields that the version does not have ("-": it cannot)
 *   write CODEC OFFSET JSON       ->  HEX           a record batch
 *   read HEX                      ->  JSON          the records of batches, checked
 *   marker PRODUCER OFFSET        ->  HEX           of a transaction that was committed
 *   errors                        ->  JSON          {name: code}
 * Records are {"offset", "timestamp", "key", "value", "headers": [[name, value]]}, bytes in hex. */
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.TimestampType;

public class KafkaVectors {
    static final ObjectMapper JSON = new ObjectMapper();
    static final HexFormat HEX = HexFormat.of();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", 4);
            switch (words[0]) {
                case "message" -> out.println(message(words[1], Short.parseShort(words[2]), words[3]));
                case "write" -> out.println(write(words[1], Long.parseLong(words[2]), words[3]));
                case "marker" -> out.println(marker(Long.parseLong(words[1]), Long.parseLong(words[2])));
                case "errors" -> out.println(errors());
                default -> out.println(read(words[1]));
            }
        }
        out.flush();
    }

    static String message(String name, short version, String json) throws Exception {
        String type = "org.apache.kafka.common.message." + name + "Data";
        Class<?> converter = Class.forName(type + "JsonConverter");
        Message message = (Message) converter.getMethod("read", JsonNode.class, short.class)
            .invoke(null, JSON.readTree(json), version);
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, version).buffer();
        // What the bytes say, not what they were made of.
        Message again = (Message) Class.forName(type)
            .getConstructor(org.apache.kafka.common.protocol.Readable.class, short.class)
            .newInstance(new ByteBufferAccessor(bytes.duplicate()), version);
        Method write = converter.getMethod("write", Class.forName(type), short.class);
        return hex(bytes) + "\t" + shown(write, again, version) + "\t"
            + shown(write, again, again.highestSupportedVersion());
    }

    static String shown(Method write, Message message, short version) throws Exception {
        try {
            return JSON.writeValueAsString(write.invoke(null, message, version));
        } catch (InvocationTargetException notInThatVersion) {
            return "-";
        }
    }

    static String marker(long producer, long offset) {
        return hex(MemoryRecords.withEndTransactionMarker(offset, 1_700_000_000_000L, 3, producer,
            (short) 4, new EndTransactionMarker(ControlRecordType.COMMIT, 9)).buffer());
    }

    static String write(String codec, long offset, String json) throws Exception {
        JsonNode records = JSON.readTree(json);
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024),
            RecordBatch.MAGIC_VALUE_V2, Compression.of(codec).build(), TimestampType.CREATE_TIME, offset);
        for (JsonNode record : records)
            builder.appendWithOffset(record.get("offset").longValue(), record.get("timestamp").longValue(),
                bytes(record.get("key")), bytes(record.get("value")), headers(record.get("headers")));
        return hex(builder.build().buffer());
    }

    static String read(String hex) throws Exception {
        ArrayNode all = JSON.createArrayNode();
        for (RecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(HEX.parseHex(hex))).batches()) {
            batch.ensureValid();
            for (Record record : batch) {
                record.ensureValid();
                ObjectNode node = all.addObject();
                node.put("offset", record.offset());
                node.put("timestamp", record.timestamp());
                node.put("key", record.hasKey() ? hex(record.key()) : null);
                node.put("value", record.hasValue() ? hex(record.value()) : null);
                ArrayNode headers = node.putArray("headers");
                for (Header header : record.headers())
                    headers.addArray().add(HEX.formatHex(header.key().getBytes(StandardCharsets.UTF_8)))
                        .add(header.value() == null ? null : HEX.formatHex(header.value()));
            }
        }
        return JSON.writeValueAsString(all);
    }

    static String errors() throws Exception {
        ObjectNode all = JSON.createObjectNode();
        for (Errors error : Errors.values())
            all.put(error.name(), error.code());
        return JSON.writeValueAsString(all);
    }

    static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HEX.formatHex(bytes);
    }

    static byte[] bytes(JsonNode node) {
        return node.isNull() ? null : HEX.parseHex(node.textValue());
    }

    static Header[] headers(JsonNode node) {
        Header[] headers = new Header[node.size()];
        for (int i = 0; i < headers.length; i++)
            headers[i] = new RecordHeader(new String(bytes(node.get(i).get(0)), StandardCharsets.UTF_8),
                bytes(node.get(i).get(1)));
        return headers;
    }
}
