package io.espalier.examples.basemodel.corpus;

import java.util.List;

/** Words and their opposites. */
final class Opposites {
  private Opposites() {}

  static List<Topic> topics() {
    return List.of(
        Topic.of(
            """
            {0}的反义词是什么？
            和{0}相反的词是什么？
            请说出{0}的反义词。
            {0}反过来是什么？
            什么词和{0}意思相反？
            不是{0}，那是什么？
            {0}的反面是什么？""",
            "{0}的反义词是{1}。",
            """
            大 | 小; 高 | 低; 冷 | 热; 快 | 慢; 黑 | 白; 上 | 下; 左 | 右; 前 | 后; 远 | 近
            长 | 短; 多 | 少; 新 | 旧; 早 | 晚; 开 | 关; 轻 | 重; 里 | 外; 胖 | 瘦; 干 | 湿"""),
        Topic.of(
            """
            What is the opposite of {0}?
            Which word is the opposite of {0}?
            Please give me the opposite of {0}.
            If it is not {0}, what is it?
            What do you call the reverse of {0}?
            Name the word that is contrary to {0}.
            Tell me the opposite of the word {0}.""",
            "The opposite of {0} is {1}.",
            """
            big | small; high | low; hot | cold; fast | slow; black | white; up | down
            left | right; new | old; early | late; open | closed; light | heavy; in | out
            long | short; wet | dry; good | bad; day | night; rich | poor; full | empty"""));
  }
}
