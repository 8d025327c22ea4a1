package io.espalier.examples.basemodel.corpus;

import java.util.List;

/** Small words from one language into the other. */
final class Translation {
  private Translation() {}

  static List<Topic> topics() {
    return List.of(
        Topic.of(
            """
            {0}用英语怎么说？
            {0}的英文是什么？
            请把{0}翻译成英语。
            英语里{0}叫什么？
            {0}这个词用英文怎么写？
            How do you say {0} in English?
            What does {0} mean in English?""",
            "{0}的英文是 {1}。",
            """
            书 | book; 水 | water; 火 | fire; 树 | tree; 鱼 | fish; 鸟 | bird; 米饭 | rice
            学校 | school; 朋友 | friend; 老师 | teacher; 妈妈 | mother; 爸爸 | father; 花园 | garden
            桌子 | table; 椅子 | chair; 门 | door; 窗户 | window; 牛奶 | milk; 月亮 | moon; 星星 | star"""),
        Topic.of(
            """
            {0} 用中文怎么说？
            {0} 的中文是什么？
            请把 {0} 翻译成中文。
            中文里 {0} 叫什么？
            {0} 是什么意思？
            How do you say {0} in Chinese?
            What does {0} mean in Chinese?""",
            "{0} 的中文是{1}。",
            """
            bread | 面包; tea | 茶; road | 路; hand | 手; heart | 心; mountain | 山; river | 河
            city | 城市; child | 孩子; doctor | 医生; sister | 姐姐; brother | 弟弟; flower | 花
            lamp | 灯; bed | 床; shoe | 鞋; hat | 帽子; egg | 鸡蛋; sun | 太阳; cloud | 云"""));
  }
}
