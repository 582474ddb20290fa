import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.StatPersisted;
import org.apache.zookeeper.server.DataNode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/**
 * Recovers data directories as Apache ZooKeeper does when it starts, and writes down what it has found. Each line of stdin
 * is "<data directory> <file for the findings>", answered by a line "done".
 */
public final class ApacheRecovery {
    public static void main(String[] args) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ");
            List<String> found = new ArrayList<>();
            try {
                recover(new File(words[0]), found);
            } catch (Exception error) {
                found.add("failed " + error);
            }
            try (PrintWriter output = new PrintWriter(words[1], "UTF-8")) {
                found.forEach(output::println);
            }
            System.out.println("done");
        }
    }

    private static void recover(File directory, List<String> found) throws Exception {
        FileTxnSnapLog files = new FileTxnSnapLog(directory, directory);
        try {
            ZKDatabase database = new ZKDatabase(files);
            DataTree tree = database.getDataTree();
            AtomicInteger mismatches = new AtomicInteger();
            tree.addDigestWatcher(zxid -> mismatches.incrementAndGet());
            long zxid = database.loadDataBase();
            describe(database, tree, found);
            found.add("zxid " + zxid + " digest " + tree.getTreeDigest() + " nodes " + tree.getNodeCount());
            found.add("digest mismatches " + mismatches + ", snapshot digest "
                + (tree.getDigestFromLoadedSnapshot() == null ? "compared" : "never reached"));
        } finally {
            files.close();
        }
    }

    private static void describe(ZKDatabase database, DataTree tree, List<String> found) {
        List<String> lines = new ArrayList<>();
        describe(database, tree, "/", lines);
        for (Map.Entry<Long, Integer> session : database.getSessionWithTimeOuts().entrySet()) {
            lines.add("session " + session.getKey() + " timeout " + session.getValue());
            List<String> paths = new ArrayList<>(tree.getEphemerals(session.getKey()));
            Collections.sort(paths);
            lines.add("ephemerals of " + session.getKey() + " " + paths);
        }
        for (String path : tree.getContainers()) lines.add("container " + path);
        for (String path : tree.getTtls()) lines.add("ttl " + path);
        Collections.sort(lines);
        found.addAll(lines);
    }

    private static void describe(ZKDatabase database, DataTree tree, String path, List<String> lines) {
        DataNode node = tree.getNode(path);
        List<String> children = new ArrayList<>(node.getChildren());
        Collections.sort(children);
        List<String> acl = new ArrayList<>();
        for (ACL each : database.aclForNode(node)) {
            acl.add(each.getPerms() + ":" + each.getId().getScheme() + ":" + each.getId().getId());
        }
        StatPersisted stat = node.stat;
        lines.add("node " + path + " data " + describe(node.getData())
            + " c " + stat.getCzxid() + " m " + stat.getMzxid() + " p " + stat.getPzxid()
            + " ctime " + stat.getCtime() + " mtime " + stat.getMtime()
            + " versions " + stat.getVersion() + " " + stat.getCversion() + " " + stat.getAversion()
            + " owner " + stat.getEphemeralOwner() + " acl " + acl + " children " + children);
        for (String name : children) describe(database, tree, (path.equals("/") ? "" : path) + "/" + name, lines);
    }

    private static String describe(byte[] data) {
        if (data == null) return "null";
        CRC32 crc = new CRC32();
        crc.update(data);
        return data.length + ":" + crc.getValue();
    }
}
