package careerstream;

import io.delta.storage.HadoopFileSystemLogStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.commons.io.IOUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Delta's log on S3, for any number of drivers: a commit is one PUT with the header If-None-Match.
 *
 * Delta's own log store for S3 excludes writers of one driver only, and the commits of another
 * overwrite its own. S3 has refused to overwrite since August 2024, and so do MinIO and others.
 * Hadoop 3.5 passes the condition on, when the file is opened with the option below.
 *
 * Set-up compiles this file with Janino, which Spark brings along and which knows few generics.
 */
public class ConditionalPutLogStore extends HadoopFileSystemLogStore {
    /** A file system that does not know this option refuses it. */
    private static final String IF_ABSENT = "fs.option.create.conditional.overwrite";

    public ConditionalPutLogStore(Configuration configuration) {
        super(configuration);
    }

    @Override
    public void write(
        Path path, Iterator<String> actions, Boolean overwrite, Configuration configuration
    ) throws IOException {
        StringBuilder lines = new StringBuilder();
        while (actions.hasNext()) {
            lines.append((String) actions.next()).append('\n');
        }
        byte[] content = lines.toString().getBytes(StandardCharsets.UTF_8);
        FileSystem files = path.getFileSystem(configuration);
        FSDataOutputStreamBuilder builder = files.createFile(path).overwrite(overwrite);
        if (!overwrite) {
            builder.must(IF_ABSENT, true);
        }
        try {
            FSDataOutputStream stream = (FSDataOutputStream) builder.build();
            stream.write(content);
            stream.close();
        } catch (IOException error) {
            if (overwrite || !files.exists(path)) {
                throw error;
            }
            // Where the answer to a PUT got lost, its repetition finds our own commit. Each commit
            // holds an id of its transaction, so the same bytes are ours.
            if (!Arrays.equals(content, contentOf(files, path))) {
                throw new FileAlreadyExistsException(path.toString());
            }
        }
    }

    @Override
    public Boolean isPartialWriteVisible(Path path, Configuration configuration) {
        return false;
    }

    private static byte[] contentOf(FileSystem files, Path path) throws IOException {
        FSDataInputStream stream = files.open(path);
        try {
            return IOUtils.toByteArray(stream);
        } finally {
            stream.close();
        }
    }
}
